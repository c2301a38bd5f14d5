import type { UserInfo } from "#client/transport.ts";

/** Who the parts of the control plane are when they call the API in-process. */
const internal = (name: string): UserInfo => ({ name: `system:${name}`, groups: ["system:authenticated"] });

export const controllerManager = internal("kube-controller-manager");
export const scheduler = internal("kube-scheduler");
export const apiserver: UserInfo = { name: "system:apiserver", groups: ["system:masters", "system:authenticated"] };
