declare module 'oidc-provider' {
  import type { RequestListener } from 'node:http'

  /** The part that is used. */
  export class Provider {
    constructor(issuer: string, configuration: object)
    callback(): RequestListener
  }
}
