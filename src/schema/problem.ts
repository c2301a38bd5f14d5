/**
 * One thing wrong with one field. `reason` and the wording of `message` are those of Kubernetes' field errors;
 * they end up as a cause in the details of a Status.
 */
export interface Problem {
  readonly reason:
    | "FieldValueNotFound"
    | "FieldValueRequired"
    | "FieldValueDuplicate"
    | "FieldValueInvalid"
    | "FieldValueNotSupported"
    | "FieldValueForbidden"
    | "FieldValueTooLong"
    | "FieldValueTooMany"
    | "FieldValueTypeInvalid"
    | "InternalError";
  readonly field: string;
  readonly message: string;
}

/** A value as Go prints it in a field error: strings quoted, objects as JSON. */
export function shown(value: unknown): string {
  return value === undefined ? "null" : JSON.stringify(value);
}

const withDetail = (head: string, detail: string) => (detail ? `${head}: ${detail}` : head);

export const required = (field: string, detail = ""): Problem => ({
  reason: "FieldValueRequired",
  field,
  message: withDetail("Required value", detail),
});

export const invalid = (field: string, value: unknown, detail: string): Problem => ({
  reason: "FieldValueInvalid",
  field,
  message: withDetail(`Invalid value: ${shown(value)}`, detail),
});

export const notSupported = (field: string, value: unknown, supported: readonly string[]): Problem => ({
  reason: "FieldValueNotSupported",
  field,
  message: `Unsupported value: ${shown(value)}: supported values: ${supported.toSorted().map(shown).join(", ")}`,
});

export const duplicate = (field: string, value: unknown): Problem => ({
  reason: "FieldValueDuplicate",
  field,
  message: `Duplicate value: ${shown(value)}`,
});

export const forbidden = (field: string, detail: string): Problem => ({
  reason: "FieldValueForbidden",
  field,
  message: withDetail("Forbidden", detail),
});

export const tooLong = (field: string, maxBytes: number): Problem => ({
  reason: "FieldValueTooLong",
  field,
  message: `Too long: may not be more than ${maxBytes} bytes`,
});

export const tooMany = (field: string, actual: number, max: number): Problem => ({
  reason: "FieldValueTooMany",
  field,
  message: `Too many: ${actual}: must have at most ${max} items`,
});

export const notFound = (field: string, value: unknown): Problem => ({
  reason: "FieldValueNotFound",
  field,
  message: `Not found: ${shown(value)}`,
});
