/** Kubernetes takes every value of a boolean query parameter but these two for true, the empty one as well. */
export const isTrue = (value: string | null): boolean => value !== null && value !== "false" && value !== "0";
