import type { Pod } from "#api/core/v1/pod.ts";
import { podRequests } from "#api/core/v1/pod-requests.ts";
import type { Logger } from "#kit/log.ts";
import { qosClassOf } from "../qos.ts";
import { cgroupParentOf, classFolder, sharesOf } from "../resources.ts";
import { podAmounts } from "./cgroup-amounts.ts";
import type { CgroupTree } from "./cgroup-tree.ts";

/** The folders of pods and of their classes in the cgroup tree: what pods are promised against each other. */
export interface PodCgroups {
  /** Must come before the first container; again, it changes nothing. */
  ensure(pod: Pod): Promise<void>;
  remove(pod: Pod): Promise<void>;
}

/** For pods that are data. */
export const noCgroups: PodCgroups = { async ensure() {}, async remove() {} };

/** A machine that does not let us shape its cgroups still runs pods; it is told once. */
export function podCgroups(tree: CgroupTree, root: string, log: Logger): PodCgroups {
  /** CPU that the pods of the class Burstable ask for, in thousandths, by uid. */
  const burstable = new Map<string, number>();
  let told = false;

  async function shaped(change: () => Promise<void>): Promise<void> {
    try {
      await change();
    } catch (error) {
      if (!told) log.warn({ err: error }, "the shares of pods cannot be set");
      told = true;
    }
  }

  async function setClasses(): Promise<void> {
    const asked = [...burstable.values()].reduce((sum, millis) => sum + millis, 0);
    await tree.set(classFolder("Burstable", root), { cpuShares: sharesOf(asked) });
  }

  return {
    ensure: (pod) =>
      shaped(async () => {
        const { uid } = pod.metadata;
        const qos = qosClassOf(pod.spec);
        if (qos === "BestEffort") await tree.set(classFolder(qos, root), { cpuShares: sharesOf(0) });
        const { cpu = 0 } = podRequests(pod.spec);
        if (qos === "Burstable" && burstable.get(uid) !== cpu) {
          burstable.set(uid, cpu);
          await setClasses();
        }
        await tree.set(cgroupParentOf(pod, root), podAmounts(pod));
      }),

    remove: (pod) =>
      shaped(async () => {
        await tree.remove(cgroupParentOf(pod, root));
        if (burstable.delete(pod.metadata.uid)) await setClasses();
      }),
  };
}
