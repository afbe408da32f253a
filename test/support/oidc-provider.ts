/** A real provider of OpenID Connect (oidc-provider) on a free port of the loopback address, where any password is right. */
import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { Provider } from 'oidc-provider'
import { freePort } from './free-port.ts'

export interface StartedProvider {
  readonly issuer: string
  readonly stop: () => Promise<void>
}

export interface ProviderOptions {
  readonly redirectUri: string
  /** Roles by name. */
  readonly users: Readonly<Record<string, readonly string[]>>
  readonly port?: number
}

export const CLIENT = { id: 'shop', secret: 'not-a-secret' }

export async function startProvider({ redirectUri, users, port }: ProviderOptions): Promise<StartedProvider> {
  const server = http.createServer()
  server.listen(port ?? (await freePort()), '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const provider = new Provider(issuer, {
    clients: [{ client_id: CLIENT.id, client_secret: CLIENT.secret, redirect_uris: [redirectUri] }],
    cookies: { keys: ['not-a-secret'] },
    claims: { openid: ['sub'], profile: ['roles'] },
    findAccount: (_context: unknown, id: string) => ({ accountId: id, claims: async () => ({ sub: id, roles: users[id] ?? [] }) }),
    loadExistingGrant: async ({ oidc }: GrantContext) => {
      const grant = new oidc.provider.Grant({ clientId: oidc.client.clientId, accountId: oidc.session.accountId })
      grant.addOIDCScope('openid profile')
      await grant.save()
      return grant
    },
  })
  server.on('request', provider.callback())
  return {
    issuer,
    async stop() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

interface GrantContext {
  readonly oidc: {
    readonly provider: { readonly Grant: new (of: object) => { addOIDCScope(scope: string): void; save(): Promise<unknown> } }
    readonly client: { readonly clientId: string }
    readonly session: { readonly accountId: string }
  }
}

/** A browser that keeps the cookies of each site apart, and follows no redirect by itself. */
export class SiteBrowser {
  readonly #cookies = new Map<string, Map<string, string>>()

  cookiesOf(url: string): string {
    return [...(this.#cookies.get(new URL(url).origin) ?? [])].map(([name, value]) => `${name}=${value}`).join('; ')
  }

  async go(url: string, form?: URLSearchParams): Promise<Response> {
    const response = await navigated(url, this.cookiesOf(url), form)
    const { origin } = new URL(url)
    const cookies = this.#cookies.get(origin) ?? new Map<string, string>()
    this.#cookies.set(origin, cookies)
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      if (value === '') cookies.delete(name)
      else cookies.set(name, value)
    }
    return response
  }

  /** Signs in at the provider, from its first address to that which it sends the browser back to. */
  async signInAt(address: string, user: string): Promise<string> {
    const { origin } = new URL(address)
    let next = address
    for (let step = 0; step < 8; step++) {
      const response = await this.#submitted(await this.go(next), next, user)
      const location = response.headers.get('location')
      if (location === null) throw new Error(`the provider answers ${response.status} ${await response.text()}`)
      next = new URL(location, next).href
      if (new URL(next).origin !== origin) return next
    }
    throw new Error('the provider does not come to an end')
  }
  async #submitted(response: Response, from: string, user: string): Promise<Response> {
    if (response.status !== 200) return response
    const [, action = ''] = /action="([^"]+)"/.exec(await response.text()) ?? []
    return await this.go(new URL(action, from).href, new URLSearchParams({ prompt: 'login', login: user, password: 'any' }))
  }
}

/** As the browser opens a page or sends a form; `fetch` says of itself that it is a script. */
async function navigated(url: string, cookie: string, form: URLSearchParams | undefined): Promise<Response> {
  const headers = { accept: 'text/html', 'sec-fetch-mode': 'navigate', cookie, 'content-type': 'application/x-www-form-urlencoded' }
  const request = http.request(url, { method: form ? 'POST' : 'GET', headers, agent: false }).end(form?.toString())
  const [answer] = (await once(request, 'response')) as [http.IncomingMessage]
  const pairs = Object.entries(answer.headersDistinct).flatMap(([name, values = []]) =>
    values.map((value): [string, string] => [name, value]),
  )
  return new Response(await text(answer), { status: answer.statusCode ?? 0, headers: pairs })
}
