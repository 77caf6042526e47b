/** Which values the compiler takes for a job's result: those that reach their readers as JSON, whole. */

/** What a run that has committed returns: its result went with the commit. Only `ctx.commit` gives it. */
export type Committed = void & { readonly '~committed'?: true }

/** The type itself, and a Date or its kind where the text is asked for that it is written as. */
export type Written<Declared> = unknown extends Declared
  ? Declared
  : Declared extends undefined
    ? Declared | void
    : string extends Declared
      ? Declared | { toJSON(): string }
      : Declared extends string | number | boolean | null
        ? Declared
        : Declared extends object
          ? { readonly [Key in keyof Declared]: Written<Declared[Key]> }
          : Declared

/** Asks nothing of a result that is JSON, and a property that nobody has of one that is not. */
export type CheckedResult<Result> =
  unknown extends Awaited<Result>
    ? unknown
    : Awaited<Result> extends Jsonable<Awaited<Result>>
      ? unknown
      : {
          readonly 'the result must be JSON: plain objects, lists, texts, numbers, booleans, null': Jsonable<
            Awaited<Result>
          >
        }

/** The type itself where JSON can carry it; `never` in each place where it cannot. */
type Jsonable<T> = unknown extends T
  ? T
  : T extends string | number | boolean | null | undefined | void
    ? T
    : T extends { toJSON(...of: never[]): infer Text }
      ? Text extends Jsonable<Text>
        ? T
        : never
      : T extends NotJson
        ? never
        : T extends readonly unknown[]
          ? { readonly [Key in keyof T]: Entry<T[Key]> }
          : T extends object
            ? { readonly [Key in keyof T]: Jsonable<T[Key]> }
            : never

/** JSON writes undefined in a list as null. As a property it leaves it out, as an optional one is. */
type Entry<T> = unknown extends T ? T : undefined extends T ? never : Jsonable<T>

type NotJson =
  | bigint
  | symbol
  | ((...of: never[]) => unknown)
  | ReadonlyMap<unknown, unknown>
  | ReadonlySet<unknown>
  // Response, Blob, ArrayBuffer, promises and their kind: classes that name themselves.
  | { readonly [Symbol.toStringTag]: string }

/** What a reader gets back of a value that was written as JSON: a Date and its kind as the text that it was written as. */
export type Read<T> = unknown extends T
  ? T
  : T extends string | number | boolean | null | undefined
    ? T
    : T extends { toJSON(...of: never[]): infer Text }
      ? Text
      : T extends object
        ? { [Key in keyof T]: Read<T[Key]> }
        : T
