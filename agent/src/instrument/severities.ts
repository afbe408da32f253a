/** Severities of loggers that name their levels. */

/** OpenTelemetry's numbers, for the levels of npm, syslog and log4j. */
const NUMBERS: Readonly<Record<string, number>> = {
  silly: 1,
  trace: 1,
  debug: 5,
  verbose: 6,
  http: 8,
  info: 9,
  notice: 10,
  mark: 10,
  warn: 13,
  warning: 13,
  error: 17,
  crit: 18,
  alert: 19,
  fatal: 21,
  emerg: 22,
}

/** A level of the application's own is information. */
export function severityOfName(level: string): { readonly severityNumber: number; readonly severityText: string } {
  return { severityNumber: NUMBERS[level.toLowerCase()] ?? NUMBERS['info'] ?? 9, severityText: level.toUpperCase() }
}
