/** What the command line knows of any object, whatever its kind. */
export interface PartialMetadata {
  readonly name?: string;
  readonly generateName?: string;
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly resourceVersion?: string;
  readonly uid?: string;
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
}

export interface AnyObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata?: PartialMetadata;
  readonly [field: string]: unknown;
}
