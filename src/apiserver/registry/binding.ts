import { Binding } from "#api/core/v1/binding.ts";
import type { Pod } from "#api/core/v1/pod.ts";
import { ApiError, badRequest, invalid, type Status } from "#api/meta/api-error.ts";
import type { KubeObject } from "#api/meta/object-meta.ts";
import { timestamp } from "#api/meta/time.ts";
import type { Key } from "#client/client.ts";
import { notSupported, type Problem, required } from "#schema/problem.ts";
import type { InputKind } from "./input.ts";
import { readObject } from "./update.ts";
import { change, checkPreconditions, type Desk, type Writing } from "./write.ts";

const bindingKind: InputKind = { group: "", version: "v1", kind: "Binding", schema: Binding };

/** Gives a pod to a node, once and for all. Throws ApiError. */
export async function bind(desk: Desk, key: Key, object: unknown, writing: Writing): Promise<Status> {
  const binding = readObject(bindingKind, object, writing) as Binding;
  if (binding.metadata.name && binding.metadata.name !== key.name) {
    throw badRequest(
      `the name of the object (${binding.metadata.name}) does not match the name on the URL (${key.name})`,
    );
  }
  const problems = bindingProblems(binding);
  if (problems.length > 0) throw invalid(bindingKind, key.name, problems);
  await change(desk, {
    key,
    part: "binding",
    writing,
    edit(old) {
      checkPreconditions(desk, binding.metadata, old);
      return bound(old as Pod, binding, timestamp(desk.clock.now()));
    },
  });
  return { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", code: 201 };
}

function bindingProblems({ target }: Binding): Problem[] {
  const problems: Problem[] = [];
  if (target.kind && target.kind !== "Node") {
    problems.push(notSupported("target.kind", target.kind, ["<empty>", "Node"]));
  }
  if (!target.name) problems.push(required("target.name"));
  return problems;
}

function bound(pod: Pod, { target, metadata }: Binding, now: string): KubeObject {
  const { name } = pod.metadata;
  if (pod.metadata.deletionTimestamp)
    throw cannotBind(name, `pod ${name} is being deleted, cannot be assigned to a host`);
  if (pod.spec.nodeName)
    throw cannotBind(name, `pod ${name} is already assigned to node ${JSON.stringify(pod.spec.nodeName)}`);
  if (pod.spec.schedulingGates?.length) throw cannotBind(name, `pod ${name} has non-empty .spec.schedulingGates`);
  const conditions = (pod.status?.conditions ?? []).filter(({ type }) => type !== "PodScheduled");
  const annotations = { ...pod.metadata.annotations, ...metadata.annotations };
  return {
    ...pod,
    metadata: { ...pod.metadata, ...(Object.keys(annotations).length > 0 && { annotations }) },
    spec: { ...pod.spec, nodeName: target.name as string },
    status: {
      ...pod.status,
      conditions: [
        ...conditions,
        { type: "PodScheduled", status: "True", lastProbeTime: null, lastTransitionTime: now },
      ],
    },
  } as KubeObject;
}

const cannotBind = (name: string, why: string) =>
  new ApiError("Conflict", `Operation cannot be fulfilled on pods/binding ${JSON.stringify(name)}: ${why}`, {
    name,
    kind: "pods/binding",
  });
