/** A rule as one engine has it, or why the engine cannot have it: what it cannot express is said, never approximated. */
export type Rendering<T> = { readonly rule: T } | { readonly cannot: string }

export const cannot = (why: string): { readonly cannot: string } => ({ cannot: why })
