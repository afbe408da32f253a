/** Search filters (RFC 4515) with values that somebody else has chosen. */

/** What has a meaning of its own in a filter, besides NUL (RFC 4515 §3). */
const SPECIAL = /[*()\\]/g

const hexOf = (character: string): string => `\\${character.charCodeAt(0).toString(16)}`

/** The value as it may stand in a filter: nothing in it ends the condition, or stands for more than itself. */
export const escapedValue = (value: string): string => value.replaceAll(SPECIAL, hexOf).replaceAll('\0', String.raw`\00`)

/** The filter with values in its places: `{user}` becomes the value of that name. What a value holds is no place. */
export const filterWith = (filter: string, values: Readonly<Record<string, string>>): string =>
  filter.replaceAll(/\{(\w+)\}/g, (place, name: string) => (Object.hasOwn(values, name) ? escapedValue(values[name]!) : place))
