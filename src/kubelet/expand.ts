/**
 * Replaces `$(NAME)` by its value. `$$` is a dollar sign that begins nothing; a reference to a name that is not known,
 * and any other dollar sign, stays as it is.
 */
export function expand(text: string, lookUp: (name: string) => string | undefined): string {
  return text.replace(/\$\$|\$\(([^)]*)\)/g, (whole, name: string | undefined) => {
    if (name === undefined) return "$";
    return lookUp(name) ?? whole;
  });
}
