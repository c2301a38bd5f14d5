import type {
  HorizontalPodAutoscaler,
  HorizontalPodAutoscalerSpec,
  HPAScalingRules,
} from "./horizontal-pod-autoscaler.ts";

export function deriveAutoscaler(autoscaler: HorizontalPodAutoscaler): void {
  autoscaler.status ??= { desiredReplicas: 0 };
}

export function deriveAutoscalerSpec(spec: HorizontalPodAutoscalerSpec): void {
  spec.minReplicas ??= 1;
  if (!spec.metrics?.length) {
    const target = { type: "Utilization", averageUtilization: 80 };
    spec.metrics = [{ type: "Resource", resource: { name: "cpu", target } }];
  }
  if (!spec.behavior) return;
  spec.behavior.scaleUp = withDefaults(spec.behavior.scaleUp, scaleUpRules());
  spec.behavior.scaleDown = withDefaults(spec.behavior.scaleDown, scaleDownRules());
}

export const scaleUpRules = (): HPAScalingRules => ({
  stabilizationWindowSeconds: 0,
  selectPolicy: "Max",
  policies: [
    { type: "Pods", value: 4, periodSeconds: 15 },
    { type: "Percent", value: 100, periodSeconds: 15 },
  ],
});

/** How long past wishes count is a matter of the controller here, unless it is given. */
export const scaleDownRules = (): HPAScalingRules => ({
  selectPolicy: "Max",
  policies: [{ type: "Percent", value: 100, periodSeconds: 15 }],
});

const withDefaults = (given: HPAScalingRules | undefined, defaults: HPAScalingRules): HPAScalingRules => ({
  ...defaults,
  ...Object.fromEntries(Object.entries(given ?? {}).filter(([, value]) => value !== undefined)),
  ...(given?.policies?.length === 0 && defaults.policies && { policies: defaults.policies }),
});
