/** The rules that come with the version, in Chinese. The text has the placeholders of the English one. */

interface ChineseRule {
  /** What people call it; its name stays beside it, since labels and silences have that. */
  readonly title: string
  readonly text: string
  readonly help: string
}

export const chineseRules: Readonly<Record<string, ChineseRule>> = {
  ApplicationFailed: {
    title: '应用加载失败',
    text: '{process} 上的应用 {name} 无法加载',
    help: '该应用的请求一律返回 503。原因见应用的 problem 属性。',
  },
  CertificateExpires: {
    title: '证书即将到期',
    text: '{process} 的监听器 {name} 有证书即将到期',
    help: '到期后客户端会拒绝连接。更换证书文件后无需重启即可生效。',
  },
  CollectorRefusing: {
    title: '采集器拒收数据',
    text: '采集器拒收遥测数据',
    help: '采集器的磁盘或队列已满。发送方会重试，自身存不下的数据会丢失。',
  },
  DataDamaged: {
    title: '数据损坏',
    text: '已确认接收的遥测数据丢失',
    help: '预写日志有一部分损坏，无法读取的内容保存在 quarantine 目录中。',
  },
  DataLate: {
    title: '数据入库延迟',
    text: '遥测数据入库延迟',
    help: '图表以及基于存储的规则都会滞后。只要磁盘还有空间，就不会丢数据。',
  },
  DatasourceFailover: {
    title: '数据源主备切换',
    text: '{process} 的连接池 {name} 的写操作已切换到另一个数据库',
    help: '数据源的 members 属性显示每个数据库的用途，或者未被使用的原因。',
  },
  DiskForecastFull: {
    title: '磁盘预计用满',
    text: '数据目录所在磁盘即将用满',
    help: '磁盘写满后会拒收遥测数据和配置变更，已确认接收的数据不会丢失。',
  },
  ErrorBudgetBurn: {
    title: '错误预算消耗过快',
    text: '{service}{process}：失败的请求正在快速消耗 30 天目标的错误预算',
    help: '仪表盘 Slow requests 列出了保留下来的失败请求及其调用链。',
  },
  ErrorRateHigh: {
    title: '错误率过高',
    text: '{service}{process}：失败的请求过多',
    help: '仪表盘 Slow requests 列出了保留下来的失败请求及其调用链。',
  },
  EventLoopBlocked: {
    title: '事件循环阻塞',
    text: '{process} 的事件循环被阻塞',
    help: '该进程的所有请求都在等待。保留下来的请求会指出是什么造成了阻塞。',
  },
  GcTimeHigh: {
    title: '垃圾回收耗时过高',
    text: '{process} 的大量时间花在垃圾回收上',
    help: '堆内存不足以容纳该进程持有的数据，或者进程产生了大量用完即弃的对象。',
  },
  HeapForecastFull: {
    title: '堆内存预计用满',
    text: '{process} 的堆内存即将用满',
    help: '内存占用持续上升，通常是内存泄漏。达到上限后进程会退出，正在处理的请求也会随之失败。',
  },
  HeapNearLimit: {
    title: '堆内存接近上限',
    text: '{process} 的堆内存接近上限',
    help: '达到上限后进程会退出，正在处理的请求也会随之失败。',
  },
  InstanceDown: {
    title: '实例宕机',
    text: '实例 {process} 已宕机',
    help: '该实例没有任何一代进程处于就绪状态。上一个进程退出的原因见 logs/server.log。',
  },
  InstanceFlapping: {
    title: '实例反复重启',
    text: '实例 {process} 反复重启',
    help: '每次都恢复了，因此没有单独告警。退出原因见 logs/server.log。',
  },
  LatencyBudgetBurn: {
    title: '延迟预算消耗过快',
    text: '服务 {service}：超过一秒的请求正在快速消耗 30 天目标的延迟预算',
    help: '仪表盘 Slow requests 列出了保留下来的慢请求，并说明各自的时间花在哪里。',
  },
  LatencyHigh: {
    title: '延迟过高',
    text: '服务 {service}：有 5 % 的请求慢于应有的水平',
    help: '仪表盘 Slow requests 列出了保留下来的慢请求，并说明各自的时间花在哪里。',
  },
  LatencyRisen: {
    title: '延迟明显升高',
    text: '服务 {service} 比昨天同一时间慢得多',
    help: '页面 Services 可以对比各个版本。仪表盘 Slow requests 列出了保留下来的慢请求。',
  },
  Overload: {
    title: '过载',
    text: '{process} 上的应用 {name} 正在拒绝请求：负载超出了处理能力',
    help: '已受理的请求都能及时处理。拒绝原因见应用的 refusals 属性。',
  },
  PagingBroken: {
    title: '告警无法送达',
    text: '接收方 {name} 无法接收告警',
    help: '未送达的告警会继续保留并重试。失败原因见控制台中的接收方列表。',
  },
  PoolExhausted: {
    title: '连接池耗尽',
    text: '{process} 的连接池 {pool}：所有连接都已借出，仍有请求在等待',
    help: '仪表盘 Datasource pools 显示谁占用了连接，包括路由、SQL 和代码行。',
  },
  PoolForecastFull: {
    title: '连接池预计耗尽',
    text: '{process} 的连接池 {name} 即将耗尽',
    help: '占用持续上升。页面 Datasources 显示谁占用了连接，包括路由、SQL 和代码行。',
  },
  PoolLeakSuspected: {
    title: '疑似连接泄漏',
    text: '{process} 的连接池 {name}：有连接没有归还',
    help: '页面 Datasources 显示借用者所在的文件和代码行。',
  },
  PoolWaitHigh: {
    title: '等待连接时间过长',
    text: '{process} 的连接池 {name}：请求等待连接的时间过长',
    help: '页面 Datasources 显示谁占用了连接，包括路由、SQL 和代码行。',
  },
  ServerStopping: { title: '服务器停止', text: '服务器正在停止', help: '这是计划内的停止，不是故障。' },
  ServiceSilent: {
    title: '服务失联',
    text: '服务 {service} 不再上报数据',
    help: '该服务的所有进程都没有发送指标：要么已经停止，要么连不上采集器。',
  },
  SessionsNearLimit: {
    title: '会话数接近上限',
    text: '会话存储 {name} 接近用满',
    help: '达到 maxSessions 后，新的访问者无法获得会话，也就无法登录。',
  },
  SessionsRefused: {
    title: '会话被拒绝',
    text: '{process} 的会话存储 {name}：存储已满，或者单个会话过大',
    help: '访问者无法登录，或者会丢失所做的修改。会话页面显示当前的会话数量。',
  },
  StoreStuck: {
    title: '存储停止写入',
    text: '存储不再写入任何数据',
    help: '新到的数据在预写日志中等待。图表会中断，基于存储的规则也不会再有新的结果。',
  },
  Test: { title: '测试', text: '测试消息', help: '没有发生故障。' },
  Watchdog: { title: '看门狗', text: '监控正常', help: '这个信号消失才表示有故障。' },
}
