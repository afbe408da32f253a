/** Methods of drivers that run statements, by callback or promise. */
type Callback = (...args: unknown[]) => unknown

/** Calls a method that runs a statement, by callback or promise, and hands its error on as another. */
export function withErrorsOf<R>(errorOf: (error: unknown) => unknown, args: readonly unknown[], call: (args: readonly unknown[]) => R): R {
  const last = args.at(-1)
  if (typeof last === 'function') {
    const callback = last as Callback
    return call([...args.slice(0, -1), (error: unknown, ...rest: unknown[]) => callback(error ? errorOf(error) : error, ...rest)])
  }
  const result = call(args)
  if (!(result instanceof Promise)) return result
  return result.catch((error: unknown) => {
    throw errorOf(error)
  }) as R
}
