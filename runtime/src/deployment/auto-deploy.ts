/**
 * What to do about the auto-deploy folder, from two looks at it. Pure: auto-deployer.ts looks and acts. Something is deployed when two looks in a
 * row saw it alike, so a copy that is still going on is never loaded; what failed is tried again only when it has changed.
 */

/** What one look saw: the name of each folder or archive, with a mark that changes whenever anything in it does. */
export type Look = ReadonlyMap<string, string>

export interface AutoDeployState {
  readonly last: Look
  /** What is deployed from the folder, or failed to be, with the mark that it had. */
  readonly known: ReadonlyMap<string, { readonly mark: string; readonly outcome: 'deployed' | 'failed' }>
}

export type AutoDeployAction = { readonly do: 'deploy' | 'undeploy'; readonly name: string }

export const nothingKnown: AutoDeployState = { last: new Map(), known: new Map() }

export interface AutoDeployPlan {
  readonly actions: readonly AutoDeployAction[]
  /** With this look; the outcome of each action is added by {@link withOutcome}. */
  readonly state: AutoDeployState
}

/** A name that is gone in two looks is undeployed: a program that replaces a folder removes it for a moment. */
export function planAutoDeploy({ last, known }: AutoDeployState, look: Look): AutoDeployPlan {
  const settled = [...look].filter(([name, mark]) => last.get(name) === mark && known.get(name)?.mark !== mark)
  const gone = [...known].filter(([name]) => !look.has(name) && !last.has(name))
  const actions: AutoDeployAction[] = [
    ...gone.flatMap(([name, { outcome }]) => (outcome === 'deployed' ? [{ do: 'undeploy' as const, name }] : [])),
    ...settled.map(([name]) => ({ do: 'deploy' as const, name })),
  ]
  const kept = new Map([...known].filter(([name]) => !gone.some(([other]) => other === name)))
  return { actions, state: { last: look, known: kept } }
}

/** What came of deploying a name. A failed one that was deployed before stays deployed, as it was. */
export function withOutcome(state: AutoDeployState, name: string, outcome: 'deployed' | 'failed'): AutoDeployState {
  const mark = state.last.get(name)
  if (mark === undefined) return state
  const before = state.known.get(name)?.outcome
  return { ...state, known: new Map(state.known).set(name, { mark, outcome: before === 'deployed' ? 'deployed' : outcome }) }
}
