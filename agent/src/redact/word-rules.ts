/**
 * Names as words between underscores: `sslKey`, `ssl.key` and `SSL_KEY` are all `ssl_key`. A name that is no secret as a part of another word is
 * looked for here.
 */

/** The words of a name. */
export function wordsOf(name: string): string {
  return name
    .replaceAll(/([a-z\d])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .replaceAll(/[^a-z\d]+/g, '_')
}

/** A key with this word before it is a secret: `hmac_key`, not `primary_key`. */
const KEYS =
  '(?:aes|app|application|cert|certificate|client|consumer|crypto|decryption|deploy|gpg|hmac|instrumentation|jws|jwt|kms_data|license|pass|pgp|recovery|rsa|server|session|shared|ssh_host|ssl|storage_account|subscription|symmetric|tls|tls_client|tls_server|unseal|webhook)_?keys?'
/** Codes that are sent or shown once. */
const CODES =
  '(?:activation|backup|invite|invitation|login|mfa|one_time|otp|pairing|recovery|reset|security|sms|2_?fa|verification)_codes?|code_(?:verifier|challenge)|(?:pin|cv[cv]\\d?)_?code'
/** Numbers that identify an account or a person to a bank or a state. */
const NUMBERS =
  '(?:credit_?card|card_?number|cc_?(?:num|number)|bank_account|account_number|iban|pan|social_security(?:_number)?|passport_?(?:no|number)|national_id|id_?card(?:_?(?:no|number))?|bank_card|tax_(?:id|number)|date_of_birth|birth_?da(?:te|y)|dob|(?:driver_?s?|driving)_licen[cs]e(?:_(?:no|number))?|national_insurance(?:_number)?|(?:bank_)?routing_number|(?:mothers_)?maiden_name)'
/** An environment as a whole, and files that hold passwords, by what they are called without their dots. */
const WHOLES =
  '(?:(?:process|container|shell|os|system|child|spawn)_env(?:iron(?:ment)?)?(?:_var(?:iable)?s)?|environ|env(?:ironment)?_var(?:iable)?s|dot_?env|npmrc|yarnrc|netrc|pgpass|pypirc|my_cnf|htpasswd|htdigest|etc_shadow|git_?credentials|docker_?cfg|docker_?config_?json|id_(?:rsa|dsa|ecdsa|ed25519)|(?:snmp|trap|read|write)_community|(?:auth|priv)_?pass|passport|sign_key|session_data|(?:wallet|totp)_seed|(?:pkce_)?verifier|kube_?config|key_?tab|key_?store|trust_?store_pass|ovpn|service_account_(?:json|file_content)|wp_config)'
/** What connections are encrypted with. */
const KEY_MATERIAL =
  '(?:(?:ssl_?)?key_?log|key_?material|key_?block|psk|pre_?shared(?:_key)?|pre_?master|traffic_secret|session_ticket|private_exponent|otp_?auth(?:_ur[il])?|tsig|(?:t?otp|mfa|2_?fa)_seed)'
const OTHERS =
  '(?:auth_?header|(?:otlp|grpc)_headers|basic_?auth|auth_basic|baggage|conn(?:ection)?_?str(?:ing)?s?|conn_?info|creds?|dpop|hmac|saml_?(?:request|response|assertion|token)|mnemonic|seed_?phrase|security_?answer|key_?pair|pw_?hash|(?:pass|pwd)_hash|(?:pg|db|user|admin|root|smtp|mail|ftp|ldap|mysql|redis)_?pass|(?:slack|discord|teams)_webhook|web_?hook_ur[il]|(?:sso|service|kerberos|krb5)_ticket|signature_v\\d|remember_me)'
const SECRET = new RegExp(`(?:^|_)(?:${KEYS}|${CODES}|${NUMBERS}|${OTHERS})(?:_|$)|(?:^|_)(?:${WHOLES}|${KEY_MATERIAL})$`)
/** Only as the last words. */
const SECRET_LAST =
  /(?:^|_)(?:assertion|dsn|jwe|jws|keypair|nonce|ntlm|p12|pem|pepper|pfx|salt|sas|sess|session|totp|(?<!(?:function|method|type|operation|query|statement|task|call)_)signature)$/
/** Of headers: tokens of proxies, certificates of clients. */
const SECRET_HEADER = /_(?:oidc|authentication_info|(?:client|ssl)_cert)(?:_|$)/
/** Says what a secret is, not the secret. */
const ABOUT = /_(?:algorithm|alg|enabled|status|state)$/

/** Whether words name a secret. */
export function areSecretWords(words: string, isHeader: boolean): boolean {
  if (ABOUT.test(words)) return false
  return SECRET.test(words) || SECRET_LAST.test(words) || (isHeader && SECRET_HEADER.test(words))
}

/** What people and systems send each other: bodies of requests and messages, events of functions, prompts and answers of models. */
const CONTENT =
  /^(?:body|payload|form_?data|local_?storage|session_?storage)$|(?:^|_)(?:request|req|response|res|http|https|rpc|grpc|event|form|message|messaging|multipart|job|task|sqs|sns|invocation|trigger|webhook|lambda)_(?:body|payload)(?:_(?:text|raw|json|content|data))?$|(?:^|_)(?:request|response)_(?:form|form_data)$|^form_data$|^faas_(?:document|event)$|(?:^|_)lambda_event$|^aws_event$|^aws_(?:sns|sqs)_message$|^aws_dynamodb_(?:item|key|keys|expression_attribute_values)$|^cloud_?events_(?:event_)?data$|^event_data$|(?:^|_)messaging_(?:[a-z\d]+_){0,2}(?:body|content|payload|value|message_keys?)$|^gen_ai_(?:prompt|completion|system_instructions|input_messages|output_messages|choice|embeddings_input|retrieval_documents|tool_definitions|tool_call_(?:arguments|result)|(?:user|system|assistant|tool)_message)$|^(?:gen_ai|llm)_(?:[a-z\d]+_){0,4}(?:content|arguments)$|^llm_(?:prompts?|completions?|input_messages|output_messages)(?:_\d+)?$|^traceloop_entity_(?:input|output)$|^(?:input|output)_value$/

/** Whether words name content. A part of the words only is no content: `http.request.body.size`. */
export function areContentWords(words: string): boolean {
  return CONTENT.test(words)
}
