/** A patch that cannot be read (400 BadRequest) or does not fit the object (422). The texts are those that Kubernetes gives. */
export class PatchError extends Error {
  readonly code: 400 | 422;

  constructor(code: 400 | 422, message: string) {
    super(message);
    this.name = "PatchError";
    this.code = code;
  }
}

export const badPatch = (message: string): PatchError => new PatchError(400, message);
export const misfit = (message: string): PatchError => new PatchError(422, message);
