/**
 * What people do about incidents, at the addresses that tools expect: silences with the bodies of Alertmanager's API, acknowledgements by incident.
 * Each is an operation of the kind `alert`, asked for in the name and role of the caller, and so in the history.
 */
import type { Principal } from '@spyglass/process/access'
import { type ApiCall, fail as refuse } from '@spyglass/process/administration-api'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { SpyglassConfig } from '@spyglass/process/checked-config'
import type { Alerting } from '../alert/index.ts'
import { fail } from './errors.ts'
import type { PrincipalOf } from './guard.ts'
import { incidentFile } from './incident/incident-file.ts'
import { type IncidentRoom, incidentRoom, type IncidentRoomOptions } from './incident/incident-room.ts'
import { incidentIdOf } from './parameters.ts'
import { sendRunbook } from './runbook-page.ts'

export interface IncidentsApiOptions {
  readonly alerting: (Pick<Alerting, 'silences'> & NonNullable<IncidentRoomOptions['alerting']>) | undefined
  readonly query: IncidentRoomOptions['query']
  /** Its name is in the file about an incident, and its language in all of it. */
  readonly config: Pick<SpyglassConfig, 'server' | 'alerting'>
  readonly now: () => number
  readonly principalOf: PrincipalOf
  /** Asks the process that decides. */
  readonly ask: (call: ApiCall, principal: Principal) => Promise<unknown>
  /** Whether changes may come from where this request comes from. */
  readonly mayChange: (request: FastifyRequest) => boolean
}

type Given = Readonly<Record<string, unknown>>

export function addIncidentsApi(app: FastifyInstance, options: IncidentsApiOptions): void {
  const { alerting, query, config, now, principalOf, ask, mayChange } = options
  const { language } = config.alerting

  /** @throws SPY_CONSOLE_PARAMETER_INVALID, SPY_CONSOLE_INCIDENT_NOT_FOUND */
  async function roomOf(id: string): Promise<IncidentRoom> {
    const room = await incidentRoom(incidentIdOf(id), { alerting, query, language, now })
    if (!room) throw fail('SPY_CONSOLE_INCIDENT_NOT_FOUND', [id])
    return room
  }

  /** @throws SPY_API_REMOTE, and what the operation throws */
  async function invoke(request: FastifyRequest, operation: string, given: Given): Promise<unknown> {
    if (!mayChange(request)) throw refuse('SPY_API_REMOTE')
    const call = { method: 'invoke', params: { name: `alerting.${operation}`, arguments: given } }
    return ((await ask(call, principalOf(request))) as { readonly result?: unknown }).result
  }

  app.get('/api/v1/silences', async () => (alerting?.silences() ?? []).map(asAlertmanager))

  app.post('/api/v1/silences', async (request) => {
    const { id, ...given } = bodyOf(request)
    const silenceID = await invoke(request, 'silence', given)
    if (typeof id === 'string' && id !== '') await invoke(request, 'expireSilence', { id }) // Alertmanager's way to change one
    return { silenceID }
  })

  app.delete<{ Params: { id: string } }>('/api/v1/silences/:id', async (request) => {
    await invoke(request, 'expireSilence', { id: request.params.id })
    return {}
  })

  app.get<{ Params: { id: string } }>('/api/v1/incidents/:id', async ({ params }) => roomOf(params.id))

  app.get<{ Params: { id: string } }>('/api/v1/incidents/:id/file', async ({ params }, reply) => {
    const file = incidentFile(await roomOf(params.id), { server: config.server.name, language, now: now() })
    return reply
      .type('text/html; charset=utf-8')
      .header('content-disposition', `attachment; filename="incident-${params.id}.html"`)
      .send(file)
  })

  app.get<{ Params: { name: string } }>('/runbooks/:name', (request, reply) => sendRunbook(reply, request.params.name))

  app.post<{ Params: { id: string } }>('/api/v1/incidents/:id/note', async (request) => {
    await invoke(request, 'note', { ...bodyOf(request), incident: request.params.id })
    return {}
  })

  app.post<{ Params: { id: string } }>('/api/v1/incidents/:id/acknowledge', async (request) => {
    await invoke(request, 'acknowledge', { ...bodyOf(request), incident: request.params.id })
    return {}
  })
}

/** @throws SPY_API_BODY */
function bodyOf({ body }: FastifyRequest): Given {
  if (body === undefined || body === null) return {}
  if (typeof body !== 'object' || Array.isArray(body)) throw refuse('SPY_API_BODY', ['it is not a JSON object'])
  return body as Given
}

function asAlertmanager({
  id,
  state,
  matchers,
  startsAt,
  endsAt,
  updatedAt,
  createdBy,
  comment,
}: ReturnType<Alerting['silences']>[number]) {
  const time = (ms: number): string => new Date(ms).toISOString()
  const times = { startsAt: time(startsAt), endsAt: time(endsAt), updatedAt: time(updatedAt) }
  return { id, status: { state }, matchers, ...times, createdBy, comment }
}
