/**
 * The messages of a gRPC service as data: number and type of each field that we use. Fields that a server sends beyond
 * these are skipped on reading. Types: a scalar, a name of the table, `repeated T`, `map<string,string>`.
 */
export interface MessageTable {
  readonly messages: Readonly<Record<string, Readonly<Record<string, readonly [number: number, type: string]>>>>;
  /** Names in the order of their numbers, which start at 0. */
  readonly enums: Readonly<Record<string, readonly string[]>>;
}

export type NameIn<T extends MessageTable> = keyof T["messages"] & string;

interface Scalars {
  string: string;
  bytes: Buffer;
  bool: boolean;
  int32: number;
  uint32: number;
  int64: number;
  uint64: number;
  "map<string,string>": Readonly<Record<string, string>>;
}

type Value<T extends MessageTable, F, M> = F extends `repeated ${infer U}`
  ? readonly Value<T, U, M>[]
  : F extends keyof Scalars
    ? Scalars[F]
    : F extends keyof T["enums"]
      ? T["enums"][F][number]
      : F extends NameIn<T>
        ? M extends "written"
          ? WrittenIn<T, F>
          : ReadIn<T, F>
        : never;

type FieldType<F> = F extends readonly [number, infer U] ? U : never;

/** A message to be sent: what is left out has its default. */
export type WrittenIn<T extends MessageTable, N extends NameIn<T>> = {
  readonly [F in keyof T["messages"][N]]?: Value<T, FieldType<T["messages"][N][F]>, "written"> | undefined;
};

/** A message that came: everything is there but messages inside it that were not sent. */
export type ReadIn<T extends MessageTable, N extends NameIn<T>> = {
  readonly [F in keyof T["messages"][N]]: FieldType<T["messages"][N][F]> extends NameIn<T>
    ? ReadIn<T, FieldType<T["messages"][N][F]>> | undefined
    : Value<T, FieldType<T["messages"][N][F]>, "read">;
};

/** What a method is sent and what it answers. */
export type MethodOf<T extends MessageTable> = readonly [NameIn<T>, NameIn<T>];
