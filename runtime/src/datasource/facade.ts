/** The function that the application called: frames down to it are omitted from the call site. */
export type Facade = (...args: never[]) => unknown

/** A method as a stack frame. */
export const methodOf = <C>(type: { readonly prototype: C }, name: keyof C): Facade => type.prototype[name] as Facade
