export { alertErrors } from './errors.ts'
export { keyOf } from './event-source.ts'
export type { Incident, IncidentState } from './incident.ts'
export { type Alerting, type AlertingOptions, startAlerting } from './start-alerting.ts'
