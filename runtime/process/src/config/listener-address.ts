/** An address and a port as the setting `listeners[].addresses` has them. */

/** `127.0.0.1:8081`, `[::1]:8080`; the host without brackets. */
export function listenerAddress(text: string): { readonly host: string; readonly port: number } {
  const colon = text.lastIndexOf(':')
  return { host: text.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(text.slice(colon + 1)) }
}
