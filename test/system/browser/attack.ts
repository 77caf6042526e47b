/** What a page can try against a port of 127.0.0.1. Runs in the browser, so it is JavaScript in a text. */

export interface Attempt {
  readonly how: string
  /** What the page got to read; absent when it could not even send, or may not look. */
  readonly read?: string
  readonly error?: string
}

/** Sent, if anything is: to the table, to the queue, to the API. */
export const plantedId = 'planted-by-a-page'

const putItem = JSON.stringify({
  TableName: 'lamplighter',
  Item: { id: { S: plantedId }, type: { S: 'quick' }, state: { S: 'AVAILABLE' }, input: { S: '{"number":1}' } },
})
const job = JSON.stringify({ type: 'quick', input: { number: 1 }, idempotencyKey: plantedId })

/** An expression whose value is `Attempt[]`. @param base such as `http://127.0.0.1:4000`; `secret` an id to ask for */
export const attackScript = (base: string, secret: string, queueUrl: string): string => `(async () => {
  const base = ${JSON.stringify(base)}
  const form = new URLSearchParams({
    Action: 'SendMessage', QueueUrl: ${JSON.stringify(queueUrl)}, MessageBody: ${JSON.stringify(plantedId)},
  })
  const publish = new URLSearchParams({ Action: 'ListTopics' })
  const dynamo = target => ({
    'content-type': 'application/x-amz-json-1.0',
    'x-amz-target': 'DynamoDB_20120810.' + target,
    'x-amz-date': '20260101T000000Z',
    authorization: 'AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=a, Signature=b',
  })
  const sqs = target => ({ 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': 'AmazonSQS.' + target })
  const send = (path, init) => async () => (await fetch(base + path, init)).text()
  const loaded = (element, set) => async () => {
    set(element)
    await new Promise((resolve, reject) => {
      element.onload = resolve
      element.onerror = () => reject(new Error('refused'))
      document.body.append(element)
      setTimeout(resolve, 1500)
    })
    return element.contentDocument?.body?.textContent ?? ''
  }
  const posted = (fields, enctype) => async () => {
    const frame = document.createElement('iframe')
    frame.name = 'frame' + Math.random()
    document.body.append(frame)
    const element = document.createElement('form')
    Object.assign(element, { method: 'POST', action: base + '/', target: frame.name, enctype })
    for (const [name, value] of fields) {
      const input = document.createElement('input')
      Object.assign(input, { name, value })
      element.append(input)
    }
    document.body.append(element)
    element.submit()
    await new Promise(resolve => { frame.onload = resolve; setTimeout(resolve, 1500) })
    return frame.contentDocument?.body?.textContent ?? ''
  }
  const socket = (protocols) => () => new Promise((resolve, reject) => {
    const web = new WebSocket(base.replace('http', 'ws') + '/', protocols)
    web.onopen = () => web.send(${JSON.stringify(job)})
    web.onmessage = ({ data }) => resolve(String(data))
    web.onerror = () => reject(new Error('refused'))
  })
  const attempts = {
    'fetch Scan': send('/', { method: 'POST', headers: dynamo('Scan'), body: '{"TableName":"lamplighter"}' }),
    'fetch PutItem': send('/', { method: 'POST', headers: dynamo('PutItem'), body: ${JSON.stringify(putItem)} }),
    'no-cors fetch PutItem': send('/', { method: 'POST', mode: 'no-cors', body: ${JSON.stringify(putItem)} }),
    'fetch SendMessage': send('/', { method: 'POST', headers: sqs('SendMessage'), body: JSON.stringify(Object.fromEntries(form)) }),
    'fetch ListQueues': send('/', { method: 'POST', headers: sqs('ListQueues'), body: '{}' }),
    'no-cors form SendMessage': send('/', { method: 'POST', mode: 'no-cors', body: form }),
    'no-cors form ListTopics': send('/', { method: 'POST', mode: 'no-cors', body: publish }),
    'cors form SendMessage': send('/', { method: 'POST', body: form }),
    'GET /': send('/'),
    'GET queues': send('/_fauxqs/queues'),
    'no-cors GET': send('/?' + form, { mode: 'no-cors' }),
    'GET the job': send('/v1/jobs/${secret}'),
    'POST a job': send('/v1/jobs', { method: 'POST', headers: { 'content-type': 'application/json' }, body: ${JSON.stringify(job)} }),
    'no-cors POST a job': send('/v1/jobs', { method: 'POST', mode: 'no-cors', body: ${JSON.stringify(job)} }),
    'GET the debuggers': send('/json/list'),
    'PUT a bucket': send('/planted', { method: 'PUT' }),
    'beacon': async () => String(navigator.sendBeacon(base + '/v1/jobs', new Blob([${JSON.stringify(job)}], { type: 'text/plain' }))),
    'image': loaded(document.createElement('img'), element => { element.src = base + '/v1/jobs/${secret}' }),
    'script': loaded(document.createElement('script'), element => { element.src = base + '/v1/jobs/${secret}' }),
    'frame': loaded(document.createElement('iframe'), element => { element.src = base + '/v1/jobs/${secret}' }),
    'form SendMessage': posted([...form], 'application/x-www-form-urlencoded'),
    'text form': posted([[${JSON.stringify(job.slice(0, -1))} + ',"x":"', '"}']], 'text/plain'),
    'multipart form': posted([['Action', 'ListTopics']], 'multipart/form-data'),
    'WebSocket': socket(),
    'EventSource': () => new Promise((resolve, reject) => {
      const source = new EventSource(base + '/v1/jobs/${secret}')
      source.onopen = () => resolve('open')
      source.onerror = () => { source.close(); reject(new Error('refused')) }
    }),
  }
  return Promise.all(Object.entries(attempts).map(async ([how, attempt]) => {
    const late = new Promise((_, reject) => setTimeout(() => reject(new Error('no answer')), 5000))
    try {
      return { how, read: await Promise.race([attempt(), late]) }
    } catch (error) {
      return { how, error: String(error) }
    }
  }))
})()`
