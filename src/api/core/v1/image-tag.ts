/**
 * The tag of an image reference: `latest` when it has neither tag nor digest, empty with only a digest.
 * A colon before the last slash belongs to the port of a registry.
 */
export function imageTag(reference: string): string {
  const [named = ""] = reference.split("@");
  const last = named.slice(named.lastIndexOf("/") + 1);
  const colon = last.indexOf(":");
  if (colon >= 0) return last.slice(colon + 1);
  return reference.includes("@") || named === "" ? "" : "latest";
}

/** An image without a tag of its own may change at any time, so it is pulled for every start. */
export const defaultPullPolicy = (image: string | undefined) =>
  imageTag(image ?? "") === "latest" ? "Always" : "IfNotPresent";
