import type { Resource } from "#api/resource.ts";
import type { ControllerDefinition } from "#controller/controller.ts";
import { type ControllerDependencies, controllerComponent } from "#controller/run-controller.ts";
import type { Component } from "#kit/scope.ts";
import { clusterRoleAggregationController } from "./cluster-role-aggregation.ts";
import { cronJobController } from "./cron-job.ts";
import { daemonSetController } from "./daemon-set.ts";
import { deploymentController } from "./deployment.ts";
import { disruptionController } from "./disruption.ts";
import { endpointSliceController } from "./endpoint-slice.ts";
import { endpointsController } from "./endpoints.ts";
import { dnsStatusController, ingressStatusController } from "./forwarding.ts";
import { garbageCollector } from "./garbage-collector.ts";
import { type HpaOptions, hpaController } from "./hpa.ts";
import { jobController } from "./job.ts";
import { namespaceController } from "./namespace.ts";
import { type NodeLifecycleOptions, nodeLifecycleController } from "./node-lifecycle.ts";
import { type PodGcOptions, podGcController } from "./pod-gc.ts";
import { replicaSetController } from "./replica-set.ts";
import { rootCaController } from "./root-ca.ts";
import { serviceAccountController } from "./service-account.ts";
import { type AccountTokenOptions, accountTokenController } from "./service-account-token.ts";
import { statefulSetController } from "./stateful-set.ts";
import { taintEvictionController } from "./taint-eviction.ts";
import { ttlAfterFinishedController } from "./ttl-after-finished.ts";

export interface AllControllersOptions extends ControllerDependencies {
  /** All kinds that the server knows. */
  readonly resources: () => readonly Resource[];
  /** The certificate by which pods know the API server; without it nothing is published. */
  readonly caPem?: string;
  /** Makes tokens for Secrets; without it such Secrets stay empty. */
  readonly accountToken?: AccountTokenOptions["issue"];
  /** Where the nodes' own proxies answer inside the cluster; without it there are none. */
  readonly ingressAddress?: string;
  readonly nodeLifecycle?: NodeLifecycleOptions;
  readonly podGc?: PodGcOptions;
  readonly hpa?: Omit<HpaOptions, "resources">;
}

/** All controllers, the whole of what kube-controller-manager does here. */
export function allControllers(options: AllControllersOptions): Component[] {
  const { resources, caPem, accountToken, ingressAddress, nodeLifecycle, podGc, hpa, ...dependencies } = options;
  const run = (definition: ControllerDefinition) => controllerComponent(definition, dependencies);
  return [
    run(namespaceController(resources)),
    run(serviceAccountController),
    run(clusterRoleAggregationController),
    ...(caPem ? [run(rootCaController(caPem))] : []),
    ...(caPem && accountToken ? [run(accountTokenController({ caPem, issue: accountToken }))] : []),
    run(replicaSetController),
    run(deploymentController),
    run(jobController),
    run(ttlAfterFinishedController),
    run(cronJobController),
    run(daemonSetController()),
    run(statefulSetController),
    run(disruptionController),
    run(hpaController({ resources, ...hpa })),
    run(endpointSliceController),
    run(endpointsController),
    run(nodeLifecycleController(nodeLifecycle)),
    run(taintEvictionController()),
    ...(ingressAddress ? [run(ingressStatusController(ingressAddress)), run(dnsStatusController(ingressAddress))] : []),
    run(podGcController(podGc)),
    garbageCollector(resources, dependencies),
  ];
}
