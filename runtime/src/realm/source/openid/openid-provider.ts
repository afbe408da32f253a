/** A provider of OpenID Connect, as the party that relies on it: authorization code flow with PKCE, state and nonce. */
import type * as Library from 'openid-client'
import type { RealmConfig } from '@spyglass/process/checked-config'
import { wrongShape } from '@spyglass/process/durable-file'
import type { Begun, Pending, Provider } from '../provider.ts'
import type { Person } from '../user-source.ts'
import { personIn } from './claims.ts'

export type OpenidConfig = RealmConfig['openid']

interface Known {
  readonly library: typeof Library
  readonly provider: Library.Configuration
}

export class OpenidProvider implements Provider {
  readonly #config: OpenidConfig
  #known: Promise<Known> | undefined

  constructor(config: OpenidConfig) {
    this.#config = config
  }

  async begin(): Promise<Begun> {
    const { library, provider } = await this.#ask()
    const { redirectUri = '', scope } = this.#config
    const verifier = library.randomPKCECodeVerifier()
    const [state, nonce] = [library.randomState(), library.randomNonce()]
    const url = library.buildAuthorizationUrl(provider, {
      redirect_uri: redirectUri,
      scope,
      state,
      nonce,
      code_challenge: await library.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    })
    return { url: url.href, pending: { state, nonce, verifier } }
  }

  /** The address is that of the configuration: what the request says of its host proves nothing. */
  async end(query: string, { state, nonce, verifier }: Pending): Promise<Person> {
    const { library, provider } = await this.#ask()
    const address = new URL(this.#config.redirectUri ?? '')
    address.search = query
    const tokens = await library.authorizationCodeGrant(provider, address, {
      pkceCodeVerifier: verifier,
      expectedState: state,
      expectedNonce: nonce,
      idTokenExpected: true,
    })
    const claims = tokens.claims()
    if (!claims) throw wrongShape('the provider gave no ID token')
    return personIn(await this.#complete(claims, tokens.access_token), this.#config)
  }

  async signOutUrl(): Promise<string | undefined> {
    const { library, provider } = await this.#ask()
    if (provider.serverMetadata().end_session_endpoint === undefined) return undefined
    const { signedOutUri } = this.#config
    return library.buildEndSessionUrl(provider, signedOutUri === undefined ? {} : { post_logout_redirect_uri: signedOutUri }).href
  }

  /** Whether it is the answer that is wrong, and not the provider out of reach. */
  async isRefusal(error: unknown): Promise<boolean> {
    const { AuthorizationResponseError, ResponseBodyError, ClientError } = await import('openid-client')
    if (error instanceof AuthorizationResponseError || error instanceof ResponseBodyError) return true
    return error instanceof ClientError && !UNREACHABLE.has(error.code ?? '')
  }

  /** Many providers put no more into the ID token than who it is. */
  async #complete(claims: Library.IDToken, accessToken: string): Promise<Readonly<Record<string, unknown>>> {
    const { library, provider } = await this.#ask()
    const { nameClaim, rolesClaim } = this.#config
    const isComplete = [nameClaim, rolesClaim].every(
      (claim) => claims[claim.split('.', 1)[0] ?? ''] !== undefined || claims[claim] !== undefined,
    )
    if (isComplete || provider.serverMetadata().userinfo_endpoint === undefined) return claims
    return { ...(await library.fetchUserInfo(provider, accessToken, claims.sub)), ...claims }
  }

  /** What the provider offers is read when it is first needed; if that fails, again the next time. */
  async #ask(): Promise<Known> {
    const known = (this.#known ??= this.#discovered())
    try {
      return await known
    } catch (error) {
      if (this.#known === known) this.#known = undefined
      throw error
    }
  }

  async #discovered(): Promise<Known> {
    const library = await import('openid-client')
    const { issuer = '', clientId = '', clientSecret, timeoutMs } = this.#config
    const address = new URL(issuer)
    const plain = address.protocol === 'http:' ? [library.allowInsecureRequests] : [] // the setting lets only the machine itself be so
    const authentication = clientSecret === undefined ? library.None() : library.ClientSecretBasic(clientSecret)
    const provider = await library.discovery(address, clientId, undefined, authentication, {
      execute: [...plain, library.enableNonRepudiationChecks],
      timeout: timeoutMs / 1000,
    })
    return { library, provider }
  }
}

const UNREACHABLE: ReadonlySet<string> = new Set(['OAUTH_TIMEOUT', 'OAUTH_RESPONSE_IS_NOT_CONFORM', 'OAUTH_RESPONSE_IS_NOT_JSON'])
