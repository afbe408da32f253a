/** Version of Grafana's ClickHouse data source that the boards are written for; it needs Grafana 11.6 or later. */
export const PLUGIN_VERSION = '4.20.0'

/** Type of the data source, as Grafana names it. */
export const PLUGIN_TYPE = 'grafana-clickhouse-datasource'

/** Fixed id of our data source, so that boards and rules find it on every Grafana. */
export const DATASOURCE_UID = 'spyglass-clickhouse'
