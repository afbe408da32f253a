/** The table of all routes of the API, made from the declarations of settings and kinds. No route is written anywhere else. */
import { actRoutes } from './act-routes.ts'
import { operationRoutes } from './operation-routes.ts'
import { resourceRoutes } from './resource-routes.ts'
import { settingRoutes } from './setting-routes.ts'
import type { ApiRoute } from './route.ts'

export const apiRoutes: readonly ApiRoute[] = [...actRoutes, ...settingRoutes(), ...operationRoutes(), ...resourceRoutes()]

export { changeParameters } from './route.ts'
export type { ApiCall, ApiInput, ApiRoute, QueryParameter } from './route.ts'
export { places } from './places.ts'
