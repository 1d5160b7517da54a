/** What is mine: name, zone and language, password, tokens, how it looks and how much it moves and says. */

import { type FormEvent, useState } from 'react'
import { expect, request } from '../api/request'
import { chooseTheme, type Theme, useTheme } from '../app/theme'
import { Times } from '../history/times'
import { useNow } from '../live/clock'
import { usePerson } from '../live/session'
import { renewPerson } from '../sync'
import { announcementsMuted, muteAnnouncements } from '../ui/announce'
import { Button, Switch } from '../ui/Button'
import { setPrefs, usePrefs } from '../ui/prefs'
import './account.css'
import { Choice, Field } from './Field'
import { PASSWORD_LENGTH } from './FirstStart'
import { Tokens } from './Tokens'
import { useSending } from './useSending'

const LOCALES: [string, string][] = [
  ['en', 'English'],
  ['en-US', 'English (United States)'],
  ['da', 'Dansk'],
  ['de', 'Deutsch'],
  ['es', 'Español'],
  ['fi', 'Suomi'],
  ['fr', 'Français'],
  ['it', 'Italiano'],
  ['ja', '日本語'],
  ['ko', '한국어'],
  ['nb', 'Norsk bokmål'],
  ['nl', 'Nederlands'],
  ['pl', 'Polski'],
  ['pt-BR', 'Português (Brasil)'],
  ['sv', 'Svenska'],
  ['uk', 'Українська'],
  ['zh-CN', '简体中文'],
]

export default function Settings() {
  return (
    <div className="wrap settings">
      <div className="pagehead">
        <h1>Settings</h1>
      </div>
      <You />
      <Look />
      <Password />
      <Tokens />
    </div>
  )
}

function You() {
  const person = usePerson()
  const { busy, errors, sentence, send } = useSending()
  const [name, setName] = useState(person.name)
  const [zone, setZone] = useState(person.time_zone)
  const [locale, setLocale] = useState(person.locale)
  const [saved, setSaved] = useState(false)
  const now = useNow(10_000)
  const zones = Intl.supportedValuesOf?.('timeZone') ?? []
  const locales = LOCALES.some(([value]) => value === locale)
    ? LOCALES
    : [[locale, locale] as const, ...LOCALES]

  async function save(event: FormEvent): Promise<void> {
    event.preventDefault()
    const change = { name: name.trim(), time_zone: zone, locale }
    const answer = await send(() => expect(request({ method: 'PATCH', path: 'api/me', body: change })))
    if (!answer) return
    setSaved(true)
    renewPerson(answer.body)
  }

  const example = new Times(locale, zone)
  return (
    <section aria-labelledby="you">
      <h2 id="you">You</h2>
      <form onSubmit={(event) => void save(event)} onChange={() => setSaved(false)}>
        <div className="two">
          <Field
            name="Name"
            value={name}
            autoComplete="name"
            required
            maxLength={200}
            error={errors.name}
            onChange={(event) => setName(event.target.value)}
          />
          <Field name="Email" value={person.email ?? ''} readOnly disabled />
          <Choice name="Time zone" value={zone} onChange={(event) => setZone(event.target.value)}>
            {[...new Set(['UTC', zone, ...zones])].map((each) => (
              <option key={each} value={each}>
                {each.replaceAll('_', ' ')}
              </option>
            ))}
          </Choice>
          <Choice
            name="Dates and times"
            hint={`as ${example.moment(now)}`}
            value={locale}
            onChange={(event) => setLocale(event.target.value)}
          >
            {locales.map(([value, text]) => (
              <option key={value} value={value}>
                {text}
              </option>
            ))}
          </Choice>
        </div>
        {sentence && (
          <p className="form-error" role="alert">
            {sentence}
          </p>
        )}
        <Button look="primary" type="submit" disabled={busy || !name.trim()}>
          Save
        </Button>
        <span className="said" role="status">
          {saved && 'Saved.'}
        </span>
      </form>
    </section>
  )
}

const THEMES: [Theme, string][] = [
  ['system', 'As the system'],
  ['light', 'Light'],
  ['dark', 'Dark'],
]

function Look() {
  const theme = useTheme()
  const { keys, motion } = usePrefs()
  const [muted, setMuted] = useState(announcementsMuted)
  return (
    <section aria-labelledby="look">
      <h2 id="look">This browser</h2>
      <fieldset className="line">
        <legend className="sr-only">Theme</legend>
        <span className="grow" aria-hidden="true">
          Theme
        </span>
        <span className="segments">
          {THEMES.map(([value, text]) => (
            <label key={value}>
              <input
                type="radio"
                name="theme"
                checked={theme === value}
                onChange={() => chooseTheme(value)}
              />
              {text}
            </label>
          ))}
        </span>
      </fieldset>
      <Line
        id="keys"
        name="Single-key shortcuts"
        about="C, E, M and the others. They never fire while you type."
      >
        <Switch on={keys} labelledby="keys" onChange={(on) => setPrefs({ keys: on })} />
      </Line>
      <Line
        id="motion"
        name="Less motion"
        about="Changes show by colour alone. The system’s own setting counts anyway."
      >
        <Switch
          on={motion === 'reduced'}
          labelledby="motion"
          onChange={(on) => setPrefs({ motion: on ? 'reduced' : 'system' })}
        />
      </Line>
      <Line
        id="announced"
        name="Say others’ changes aloud"
        about="For screen readers, summed up every five seconds. Your own are always said."
      >
        <Switch
          on={!muted}
          labelledby="announced"
          onChange={(on) => {
            muteAnnouncements(!on)
            setMuted(!on)
          }}
        />
      </Line>
    </section>
  )
}

function Line({
  id,
  name,
  about,
  children,
}: {
  id: string
  name: string
  about: string
  children: React.ReactNode
}) {
  return (
    <div className="line">
      <div className="grow">
        <span id={id}>{name}</span>
        <p>{about}</p>
      </div>
      {children}
    </div>
  )
}

function Password() {
  const person = usePerson()
  const { busy, errors, sentence, send } = useSending()
  const [current, setCurrent] = useState('')
  const [next, setNext] = useState('')
  const [saved, setSaved] = useState(false)

  async function save(event: FormEvent): Promise<void> {
    event.preventDefault()
    setSaved(false)
    const body = { password: next, ...(current ? { current_password: current } : {}) }
    const answer = await send(() => expect(request({ method: 'PATCH', path: 'api/me', body })))
    if (!answer) return
    setCurrent('')
    setNext('')
    setSaved(true)
    renewPerson(answer.body)
  }

  return (
    <section aria-labelledby="password">
      <h2 id="password">Password</h2>
      <p className="about">
        {person.has_password
          ? 'A new password ends your sessions on other browsers. Forgotten? Whoever runs this server can print you a sign-in link; for an hour after it, leave the current one empty.'
          : 'You have none yet: you came by a link, and another browser will ask for a password.'}
      </p>
      <form onSubmit={(event) => void save(event)}>
        <input type="hidden" autoComplete="username" value={person.email ?? ''} />
        <div className="two">
          {person.has_password && (
            <Field
              name="Current password"
              type="password"
              value={current}
              autoComplete="current-password"
              error={errors.current_password}
              onChange={(event) => setCurrent(event.target.value)}
            />
          )}
          <Field
            name="New password"
            hint={`${PASSWORD_LENGTH} characters or more`}
            type="password"
            value={next}
            autoComplete="new-password"
            required
            minLength={PASSWORD_LENGTH}
            error={errors.password}
            onChange={(event) => setNext(event.target.value)}
          />
        </div>
        {sentence && !errors.current_password && !errors.password && (
          <p className="form-error" role="alert">
            {sentence}
          </p>
        )}
        <Button type="submit" disabled={busy}>
          {person.has_password ? 'Change password' : 'Set password'}
        </Button>
        <span className="said" role="status">
          {saved && 'Changed. Other browsers are signed out.'}
        </span>
      </form>
    </section>
  )
}
