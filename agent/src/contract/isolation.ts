/**
 * How far an application is kept apart from the others of its server, from the weakest level to the strongest. The setting `isolation` of an
 * application names one; `status` says what it guarantees, docs/how-to/isolation.md what it does not.
 */
export const isolationLevels = {
  shared: 'one process for all applications of the listener: a broken one fails alone, memory and environment are common',
  own: 'own processes, same user: separate memory, environment and fate; files and environments of neighbours can be read',
  permission: "own processes under Node's permission model: a seat belt against mistakes, not against an attacker; same user",
  user: 'own processes under an own user: no other application reads its memory, environment or files, nor it those of the server',
} as const

export type IsolationLevel = keyof typeof isolationLevels

/** The levels in their order. */
export const isolationLevelNames = Object.keys(isolationLevels) as readonly IsolationLevel[]
