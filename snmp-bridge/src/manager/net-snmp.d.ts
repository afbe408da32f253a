/** The part of the npm package net-snmp that we use; it brings no types. */
declare module 'net-snmp' {
  namespace snmp {
    interface Varbind {
      readonly oid: string
      readonly type: number
      readonly value: unknown
    }
    interface Session {
      get(oids: readonly string[], done: (error: Error | null, varbinds: readonly Varbind[]) => void): void
      subtree(oid: string, maxRepetitions: number, feed: (varbinds: readonly Varbind[]) => void, done: (error: Error | null) => void): void
      close(): void
    }
    interface SessionOptions {
      readonly port: number
      readonly version: number
      readonly timeout: number
      readonly retries: number
    }
    interface User {
      readonly name: string
      readonly level: number
      readonly authProtocol: string
      readonly authKey: string
      readonly privProtocol: string
      readonly privKey: string
    }
    const Version2c: number
    const Version3: number
    const SecurityLevel: { readonly authPriv: number }
    const AuthProtocols: { readonly sha256: string }
    const PrivProtocols: { readonly aes: string }
    function createSession(host: string, community: string, options: SessionOptions): Session
    function createV3Session(host: string, user: User, options: SessionOptions): Session
  }
  export default snmp
}
