/** Of this program; the version of Kubernetes whose API it serves is another. */
export const version = "0.1.0";
