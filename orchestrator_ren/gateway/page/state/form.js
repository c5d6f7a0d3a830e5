/** The form that creates a ticket: what is filled in, was refused, and when it may be sent. */

/** After a ticket was created, a click belongs to the one before for so long [ms]. */
export const AGAIN_MS = 1000;

/** Returns an empty form. */
export function emptyForm() {
  return { command: '', values: {}, errors: {}, key: null, isSending: false, doneMs: -Infinity };
}

/** Returns the form after a message. Its key makes one ticket of what is filled in. */
export function reduceForm(form, message) {
  const step = STEPS[message.type];
  return step ? step(form, message) : form;
}

/** Returns why the form cannot be sent now; empty = it can. */
export function reasonNotToSend(form, nowMs) {
  if (form.isSending) return 'being sent';
  if (nowMs - form.doneMs < AGAIN_MS) return 'was sent a moment ago';
  return form.command ? '' : 'no command is chosen';
}

/** Returns the field of the request that is filled in there; any ticket has those with a dot. */
export function askedField(name) {
  return name.startsWith('.') ? name.slice(1) : `params.${name}`;
}

/** Returns whether a refusal of that field is about what is filled in there. */
export function isAbout(field, name) {
  const asked = askedField(name);
  return field === asked || field.startsWith(`${asked}.`);
}

const STEPS = {
  commands: (form, { commands }) => {
    if (commands.some((each) => each.name === form.command)) return form;
    const first = commands.find((each) => !each.error);
    return first ? { ...emptyForm(), command: first.name } : form;
  },
  'form command': (form, { command }) => ({ ...emptyForm(), command, doneMs: form.doneMs }),
  'form value': (form, { name, value }) => {
    const left = Object.entries(form.errors).filter(([field]) => field && !isAbout(field, name));
    const values = { ...form.values, [name]: value };
    return { ...form, values, errors: Object.fromEntries(left), key: null };
  },
  'form sent': (form, { key }) => ({ ...form, isSending: true, errors: {}, key }),
  'form done': (form, { nowMs }) => ({ ...form, isSending: false, key: null, doneMs: nowMs }),
  'form refused': (form, { errors }) => ({ ...form, isSending: false, errors }),
};
