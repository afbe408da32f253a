/** The console in the browser: shows the view that the address names, and refreshes it while its range ends now. */
import { ApiError } from './api.ts'
import { fill, h, update } from './dom.ts'
import { createHeader } from './header.ts'
import { here, linkTo, type Place } from './location.ts'
import type { CreateView, View } from './view.ts'
import { createErrors } from './errors-view.ts'
import { createEvents } from './events-view.ts'
import { createIncident } from './incident-view.ts'
import { createOverview } from './overview-view.ts'
import { createPools } from './pools-view.ts'
import { createSettings } from './administration/settings-view.ts'
import { createSlow } from './slow-view.ts'
import { createStatements } from './statements-view.ts'
import { createTrace } from './trace-view.ts'

const views: Readonly<Record<string, CreateView>> = {
  overview: createOverview,
  slow: createSlow,
  trace: createTrace,
  statements: createStatements,
  errors: createErrors,
  pools: createPools,
  alerts: (place) => incidentOf(place) ?? createEvents(place),
  incident: createIncident,
  settings: createSettings,
}

/** Pages that were sent by earlier versions have this address. */
function incidentOf(place: Place): View | undefined {
  const argument = place.parameters.get('incident')
  return argument ? createIncident({ ...place, argument }) : undefined
}

const REFRESH_MS = 5000
/** After this wait the page says that it is still waiting. */
const SLOW_MS = 2000

const main = document.getElementById('main')!
const problem = h('div', { class: 'problem', role: 'alert' })
const waiting = h('p', { class: 'waiting faint', role: 'status' })
let view: View | undefined
let timer: ReturnType<typeof setTimeout> | undefined
/** Address of the current view, without the parts that the view itself changes. */
let standing = ''
/** Order of its tables. */
let order = ''

const header = createHeader(document.getElementById('header')!, () => void refresh())

function show(): void {
  const place = here()
  const key = JSON.stringify([
    place.view,
    place.argument,
    [...place.parameters].filter(([name]) => name !== 'span' && name !== 'sort'),
    document.documentElement.dataset['theme'],
  ])
  const sort = place.parameters.get('sort') ?? ''
  const isSorted = sort !== order
  order = sort
  if (key === standing) return void (isSorted && refresh()) // the same view: the focus stays where it is
  standing = key
  view?.close?.()
  fill(problem)
  view = viewOf(place)
  fill(main, problem, waiting, view.element)
  header.draw()
  void refresh()
}

function viewOf(place: Place): View {
  const create = Object.hasOwn(views, place.view) ? views[place.view] : undefined
  return create ? create(place) : createUnknown(place)
}

/** What an address shows that no view has. */
function createUnknown({ view: name }: Place): View {
  const element = h(
    'section',
    {},
    h('h1', {}, 'Unknown page'),
    h('p', {}, `There is no page ${name}. `, h('a', { href: linkTo('overview') }, 'Overview')),
  )
  return { title: 'Unknown page', element, refresh: () => Promise.resolve(), isLive: false }
}

async function refresh(): Promise<void> {
  clearTimeout(timer)
  const asked = view
  const slow = setTimeout(() => fill(waiting, 'Still waiting for the store …'), SLOW_MS)
  await Promise.all([asked?.refresh().then(clearProblem, tellProblem), header.refresh()])
  clearTimeout(slow)
  if (asked === view) fill(waiting)
  document.body.dataset['loaded'] = asked?.title ?? ''
  if (asked === view) timer = setTimeout(() => void (view?.isLive && !document.hidden ? refresh() : undefined), REFRESH_MS)
}

function clearProblem(): void {
  update(problem)
}

function tellProblem(error: unknown): void {
  const known = error instanceof ApiError
  update(
    problem,
    h('strong', {}, known ? error.code : 'The console hit an internal error'),
    ' ',
    error instanceof Error ? error.message : String(error),
  )
}

addEventListener('hashchange', show)
document.addEventListener('visibilitychange', () => void (!document.hidden && view?.isLive && refresh()))
show()
