/** The numbers of an Indexed job's pods, as its status writes them: `0,2-4`. */
export function parseIndexes(text: string | undefined, end = Number.POSITIVE_INFINITY): Set<number> {
  const found = new Set<number>();
  for (const part of (text ?? "").split(",").filter(Boolean)) {
    const [first = 0, last = first] = part.split("-").map(Number);
    for (let index = first; index <= last && index < end; index++) found.add(index);
  }
  return found;
}

export function formatIndexes(indexes: ReadonlySet<number>): string {
  const sorted = [...indexes].toSorted((a, b) => a - b);
  const parts: string[] = [];
  for (let i = 0; i < sorted.length; ) {
    let last = i;
    while (sorted[last + 1] === (sorted[last] as number) + 1) last++;
    // two in a row are written one by one, as Kubernetes does
    if (last === i) parts.push(`${sorted[i]}`);
    else parts.push(`${sorted[i]}${last === i + 1 ? "," : "-"}${sorted[last]}`);
    i = last + 1;
  }
  return parts.join(",");
}
