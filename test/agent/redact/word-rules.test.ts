import { expect, test } from 'vitest'
import { secrecyOf } from '../../../agent/src/redact/secret-names.ts'
import { areContentWords, areSecretWords, wordsOf } from '../../../agent/src/redact/word-rules.ts'

const words = (names: string): string[] => names.split(/\s+/).filter((name) => name !== '')

test('the words of a name are the same however it is written', () => {
  for (const name of ['tlsClientKey', 'TLS_CLIENT_KEY', 'tls.client.key', 'Tls-Client-Key']) {
    expect(wordsOf(name)).toBe('tls_client_key')
    expect(areSecretWords(wordsOf(name), false)).toBe(true)
  }
})

test('a name of a header is a secret where the same name elsewhere is none', () => {
  expect(areSecretWords('http_request_header_x_amzn_oidc_data', true)).toBe(true)
  expect(areSecretWords('x_amzn_oidc_data', false)).toBe(false)
})

test.each(
  words(`baggage http.request.header.baggage db.connection_string connectionString ConnectionStrings.Default azure.storage.connection_string
    db.conninfo connstr dsn sentry.dsn saml.assertion saml.response SAMLResponse samlRequest client_assertion hmac hmac_key hmacKey
    http.request.header.x-shopify-hmac-sha256 signature http.request.header.dpop http.request.header.authentication-info
    http.request.header.x-client-cert http.request.header.x-amzn-oidc-data tls.client.key ssl_key clientKey app.key license_key consumer_key
    session_key sharedKey aes_key symmetric_key unseal_key ssh_host_key pem pfx keypair jws nonce salt pepper seedphrase seed_phrase mnemonic
    recovery_codes backup_code verification_code security_code otp_code totp mfa_code 2fa_code one_time_code sms_code code_verifier
    pin_code cvv_code session sess user.session sso_ticket kerberos.ticket ntlm webhook_url webhookUrl slack.webhook iban user.iban
    account_number creditCard card_number cardNumber cc_number pan security_answer social_security_number passportNumber tax_id dbpass userpass
    pass_hash pwhash auth_header basicauth creds aws_creds remember_me db.query.parameter.password db.statement.parameters sql.params
    graphql.variables jsonrpc.params process.env process.environ container.env shell.environment env_vars environment_variables npmrc
    .npmrc netrc .netrc user.pgpass pypirc htpasswd etc.shadow git-credentials kubeconfig dotenv keytab docker_cfg tls.keylog sslKeyLog
    SSLKEYLOG tls.key_material psk tls.psk pre_shared_key preSharedKey traffic_secret session_ticket private_exponent otpauth_url tsig
    date_of_birth user.dateOfBirth dob birthdate birth_date birthday drivers_license driving_licence_number national_insurance_number
    bank.routing_number mothers_maiden_name docker.config.json .dockerconfigjson id_rsa ssh.id_ed25519 snmp.community snmp.authpass user.passport id_card
    idcard_no bank.card tax.number pkce.verifier sign.key session.data wallet.seed 身份证 验证码 密钥 身份证号`),
)('%s is a secret', (name) => {
  expect(secrecyOf(name)).toBe('secret')
})

test.each(
  words(`http.request.body http.request.body.text http.response.body request.body requestBody req.body response_body http.body body payload
    request.payload rpc.request.body faas.document faas.event faas.trigger.payload aws.lambda.event lambda.event aws.sqs.message.body
    aws.sns.message aws.dynamodb.item cloudevents.event_data cloudevents.data event.data event.body event.payload form_data formData
    http.request.form multipart.body gen_ai.prompt gen_ai.completion gen_ai.input.messages gen_ai.output.messages gen_ai.system_instructions
    gen_ai.tool.call.arguments gen_ai.tool.call.result gen_ai.tool.definitions gen_ai.prompt.0.content llm.prompts
    llm.input_messages.0.message.content traceloop.entity.input input.value output.value messaging.message.payload messaging.body
    messaging.kafka.message.value messaging.message.body messaging.kafka.message.key messaging.rocketmq.message.keys
    messaging.message.key`),
)('%s is content', (name) => {
  expect(secrecyOf(name)).toBe('content')
  expect(areContentWords(wordsOf(name))).toBe(true)
})

test.each(
  words(`http.request.body.size http.response.body.size messaging.message.body.size messaging.message.id rpc.message.id key cache.key
    db.collection.name faas.trigger faas.document.name faas.document.operation faas.document.collection gen_ai.request.model
    gen_ai.operation.name gen_ai.tool.name gen_ai.tool.call.id gen_ai.token.type gen_ai.conversation.id event event.name error.code
    http.status_code exit_code country.code feature_flag.key signature.algorithm function.signature hmac.algorithm connection.state
    network.connection.type db.client.connection.pool.name ticket.id primary_key foreign_key partition_key
    messaging.rabbitmq.destination.routing_key translation_key keyboard monkey hotkey body.type payload_size session.count session.duration
    webhook.id input.type passenger.name spanner company panel codec.name salted async desalt tls.cipher user.id document.id assertion.count
    messaging.destination.name task_signature.name http.route url.path env environment deployment.environment
    environment.name process.environment_name service.env birth_place passport.strategy id_card_count random.seed community.id key.log_level psky keylogger.count ticket_count`),
)('%s is open', (name) => {
  expect(secrecyOf(name)).toBe('open')
})
