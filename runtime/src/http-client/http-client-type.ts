/** HTTP clients as a type of resource. */
import type { HttpClientConfig } from '@spyglass/process/checked-config'
import { kinds } from '@spyglass/mbeans/kinds'
import { systemClock } from '../clock/index.ts'
import { outgoingGetters } from '../outgoing/index.ts'
import { passwordFrom } from '../password/index.ts'
import type { Resource, ResourceSurroundings, ResourceType } from '../resource-type/resource-type.ts'
import { fail } from './errors.ts'
import { HttpClient } from './http-client.ts'

export const httpClientType: ResourceType<HttpClientConfig, HttpClient> = {
  open: (config, around) => new HttpClientResource(config, around),
  unknown: (name, known) => fail('SPY_HTTP_CLIENT_UNKNOWN', [name, known.join(', ') || 'none']),
  closed: () => fail('SPY_HTTP_CLIENTS_CLOSED'),
}

class HttpClientResource implements Resource<HttpClientConfig, HttpClient> {
  readonly face: HttpClient
  readonly #hide: () => void

  constructor(config: HttpClientConfig, { registry, instance, clock = systemClock }: ResourceSurroundings) {
    const client = new HttpClient(config, { clock, passwordOf })
    this.face = client
    this.#hide = registry.register(
      kinds.httpClient,
      { instance, name: config.name },
      outgoingGetters({
        instance,
        name: config.name,
        figures: client.figures,
        target: () => new URL(client.config.url).host,
        load: () => client.load,
      }),
    )
  }

  async start(): Promise<void> {} // it connects with the first request

  configure(config: HttpClientConfig): void {
    this.face.configure(config)
  }

  async close(deadlineMs: number): Promise<void> {
    await this.face.close(deadlineMs)
    this.#hide()
  }
}

/** @throws SPY_HTTP_CLIENT_PASSWORD */
const passwordOf = (config: HttpClientConfig): string | undefined =>
  passwordFrom(config, (place, reason, cause) => fail('SPY_HTTP_CLIENT_PASSWORD', [config.name, place, reason], cause))
