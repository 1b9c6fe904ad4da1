// Asking the server, and hearing its one line where it says no.

/** What the server answered in place of what was asked for. */
export class Refusal extends Error {}

/** GET a path's JSON. */
export async function get(path) {
  return (await asked(path, {})).json();
}

/** POST a body, and get JSON. */
export async function post(path, body) {
  return (await send(path, body, "application/json")).json();
}

/** POST a body, and get one picture as a Blob. */
export async function picture(path, body) {
  return (await send(path, body, "image/*")).blob();
}

function send(path, body, accept) {
  return asked(path, {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: accept },
    body: JSON.stringify(body),
  });
}

async function asked(path, options, patience = 3) {
  let answer;
  try {
    answer = await fetch(path, options);
  } catch {
    throw new Refusal("The server does not answer. Is it still running?");
  }
  if (answer.ok) return answer;
  if (answer.status === 429 && patience > 0) {
    const seconds = Number(answer.headers.get("Retry-After")) || 1;
    await new Promise((done) => setTimeout(done, 1000 * seconds));
    return asked(path, options, patience - 1);
  }
  if (answer.status === 401) location.reload(); // the page that takes the token
  const problem = await answer.json().catch(() => ({}));
  throw new Refusal(problem.detail || `The server answered ${answer.status}.`);
}
