/** The package has no types of its own; what is used of it. */
declare module 'compression' {
  import type { IncomingMessage, ServerResponse } from 'node:http'

  type Handler = (request: IncomingMessage, response: ServerResponse, next: () => void) => void
  type Filter = (request: IncomingMessage, response: ServerResponse) => boolean

  function compression(options: { readonly threshold: number; readonly filter: Filter }): Handler
  namespace compression {
    const filter: Filter
  }
  export default compression
}
