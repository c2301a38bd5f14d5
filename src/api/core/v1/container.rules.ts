import { badly, checkNames, ifGiven } from "#api/meta/check.ts";
import { isDns1123Label, isPortName, isPortNumber } from "#schema/formats.ts";
import { forbidden, invalid, notSupported, type Problem, required } from "#schema/problem.ts";
import type { Container, ContainerPort, EphemeralContainer } from "./container.ts";
import { checkProbeUse } from "./probe.rules.ts";

/** What holds for each container by itself, whatever list of the pod it stands in. */
export function checkContainer(container: Container | EphemeralContainer, path: string): Problem[] {
  const { name, image, ports = [], volumeMounts = [], restartPolicy } = container;
  const problems = [...ifGiven(`${path}.name`, name, isDns1123Label), ...checkImage(image, `${path}.image`)];
  problems.push(
    ...checkNames(
      ports.map((port) => port.name ?? ""),
      (i) => `${path}.ports[${i}].name`,
    ),
  );
  const folders = volumeMounts.map((mount) => mount.mountPath);
  folders.forEach((folder, i) => {
    if (folder && folders.indexOf(folder) < i)
      problems.push(invalid(`${path}.volumeMounts[${i}].mountPath`, folder, "must be unique"));
  });
  if (!container.securityContext?.privileged) {
    volumeMounts.forEach((mount, i) => {
      if (mount.mountPropagation === "Bidirectional")
        problems.push(
          forbidden(
            `${path}.volumeMounts[${i}].mountPropagation`,
            "Bidirectional mount propagation is available only to privileged containers",
          ),
        );
    });
  }
  if (restartPolicy && !policies.includes(restartPolicy))
    problems.push(notSupported(`${path}.restartPolicy`, restartPolicy, policies));
  return [...problems, ...checkProbeUse(container, path)];
}

const policies = ["Always", "Never", "OnFailure"];

function checkImage(image: string | undefined, path: string): Problem[] {
  if (!image) return [required(path)];
  return image === image.trim() ? [] : [invalid(path, image, "must not have leading or trailing whitespace")];
}

export function checkContainerPort(port: ContainerPort, path: string): Problem[] {
  const number = port.containerPort ?? 0;
  return [
    ...ifGiven(`${path}.name`, port.name, isPortName),
    ...(number === 0
      ? [required(`${path}.containerPort`)]
      : badly(`${path}.containerPort`, number, isPortNumber(number))),
    ...(port.hostPort ? badly(`${path}.hostPort`, port.hostPort, isPortNumber(port.hostPort)) : []),
  ];
}
