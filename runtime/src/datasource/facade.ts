/** The function that the application called: frames down to it are left out of the call site. */
export type Facade = (...args: never[]) => unknown

/** A method as it stands on the stack. */
export const methodOf = <C>(type: { readonly prototype: C }, name: keyof C): Facade => type.prototype[name] as Facade
