//! The desk: asks one provider's API for all lanes, within the provider's limits.
//!
//! Lanes that ask for the same vehicle at once share one call, and lanes that ask Telemax for
//! several vehicles at once share the pages of the company. The token stays in memory: it is worth
//! as much as the key, and a new one costs one call.

use crate::cartrack::retry_at;
use crate::edge::cartrack::now;
use crate::edge::config::{self, SmartcarAccess, TelemaxAccess};
use crate::edge::fetch::{self, Fetched};
use crate::edge::ledger::Ledger;
use crate::edge::lookups::joint::Joint;
use crate::edge::lookups::{Api, Query, Told};
use crate::edge::wait::{Lost, boxed};
use crate::lookup::budget::Window;
use crate::lookup::{Answer, Failure, Known, Token, smartcar, telemax};
use crate::timestamp::UtcMillis;
use js_sys::encode_uri_component;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;
use web_sys::{RequestInit, UrlSearchParams};
use worker::{Delay, Env};

/// What asks one provider.
pub struct Desk {
    env: Env,
    ledger: Rc<Ledger>,
    token: RefCell<Option<Token>>,
    renewal: RefCell<Option<Joint<Asked<Token>>>>,
    /// Calls for one vehicle, and those for a company.
    windows: RefCell<Option<(Window, Window)>>,
    /// Until when nothing is asked, and why.
    quiet: Cell<Option<(UtcMillis, Failure)>>,
    under_way: RefCell<Vec<(Query, Joint<Told>)>>,
    round: RefCell<Option<Round>>,
    /// How many pages the company had last.
    pages: Cell<u32>,
}

/// What came of a call, or why it was not made.
type Asked<T> = Result<T, Untold>;

/// The vehicles that are asked for together, and what the company's pages tell of them.
struct Round {
    vehicles: usize,
    found: Joint<Rc<Vec<(String, Known)>>>,
}

impl Desk {
    /// A desk that keeps in `ledger` for how long it must ask nothing.
    pub fn new(env: Env, ledger: Rc<Ledger>) -> Rc<Self> {
        let quiet = ledger.meta(QUIET).ok().flatten();
        let quiet = quiet.and_then(|until| UtcMillis::parse_iso(&until));
        Rc::new(Self {
            env,
            ledger,
            token: RefCell::default(),
            renewal: RefCell::default(),
            windows: RefCell::default(),
            quiet: Cell::new(quiet.map(|until| (until, Failure::RateLimited))),
            under_way: RefCell::default(),
            round: RefCell::default(),
            pages: Cell::new(1),
        })
    }

    /// Answers a lane.
    pub async fn answer(self: &Rc<Self>, query: Query) -> Told {
        if let Err(untold) = self.is_open() {
            return untold.into();
        }
        let joint = self.under_way(&query);
        let joint = joint.unwrap_or_else(|| {
            let (desk, asked) = (Rc::clone(self), query.clone());
            let joint = Joint::begin(boxed(async move {
                let told = desk.ask(&asked).await;
                desk.under_way
                    .borrow_mut()
                    .retain(|(query, _)| *query != asked);
                told.map_or_else(Told::from, Told::from)
            }));
            self.under_way.borrow_mut().push((query, joint.clone()));
            joint
        });
        joint.outcome().await
    }

    /// What is asked already.
    fn under_way(&self, query: &Query) -> Option<Joint<Told>> {
        let under_way = self.under_way.borrow();
        let known = under_way.iter().find(|(known, _)| known == query);
        known.map(|(_, joint)| joint.clone())
    }

    async fn ask(self: &Rc<Self>, query: &Query) -> Asked<Answer> {
        // In a path such an id would name something else.
        if query.vehicle.bytes().all(|byte| byte == b'.') {
            return Err(Failure::NotFound.into());
        }
        match Api::of(&self.env, &query.provider) {
            Some(Api::Smartcar) => {
                let access = config::smartcar(&self.env).map_err(unusable)?;
                self.smartcar(&access.ok_or(Failure::NotAsked)?, query)
                    .await
            }
            Some(Api::Telemax) => {
                let access = config::telemax(&self.env).map_err(unusable)?;
                self.telemax(&access.ok_or(Failure::NotAsked)?, query).await
            }
            None => Err(Failure::NotAsked.into()),
        }
    }

    async fn smartcar(self: &Rc<Self>, access: &SmartcarAccess, query: &Query) -> Asked<Answer> {
        // Documented as required: it says on whose behalf the vehicle is looked at.
        let user = query.user.as_deref().ok_or(Failure::UnknownUser)?;
        let url = format!(
            "{}{}",
            access.url,
            smartcar::vin_path(&escape(&query.vehicle))
        );
        let with = ("sc-user-id", user);
        let fetched = self
            .get(Api::Smartcar, &url, with, false, RECORD_BYTES)
            .await?;
        Ok(smartcar::vin(fetched.status, &fetched.body))
    }

    async fn telemax(self: &Rc<Self>, access: &TelemaxAccess, query: &Query) -> Asked<Answer> {
        if access.company.is_some()
            && let found = self.join_round(access).await
            && let Some((_, known)) = found.iter().find(|(of, _)| *of == query.vehicle)
        {
            return Ok(Ok(known.clone()));
        }
        let path = telemax::position_path(&escape(&query.vehicle));
        let fetched = self.get_telemax(access, &path, false, RECORD_BYTES).await?;
        let (status, body) = (fetched.status, &fetched.body);
        Ok(telemax::position(status, body, &query.vehicle))
    }

    /// Waits a moment for others who ask, and then for the company's pages where these cost fewer
    /// calls than one for each vehicle.
    async fn join_round(self: &Rc<Self>, access: &TelemaxAccess) -> Rc<Vec<(String, Known)>> {
        let found = {
            let mut round = self.round.borrow_mut();
            let round = round.get_or_insert_with(|| {
                let (desk, access) = (Rc::clone(self), access.clone());
                let found = Joint::begin(boxed(async move {
                    Delay::from(GATHER).await;
                    let round = desk.round.take();
                    let vehicles = round.map_or(0, |round| round.vehicles);
                    let mut found = Vec::new();
                    if telemax::asks_company(vehicles, desk.pages.get()) {
                        // What the pages do not tell is asked for one by one.
                        let _ = desk.read_company(&access, &mut found).await;
                    }
                    Rc::new(found)
                }));
                Round { vehicles: 0, found }
            });
            round.vehicles += 1;
            round.found.clone()
        };
        found.outcome().await
    }

    async fn read_company(
        self: &Rc<Self>,
        access: &TelemaxAccess,
        found: &mut Vec<(String, Known)>,
    ) -> Asked<()> {
        let company = escape(access.company.as_deref().unwrap_or_default());
        let mut page = 1;
        loop {
            let path = telemax::company_path(&company, page);
            let fetched = self.get_telemax(access, &path, true, PAGE_BYTES).await?;
            let (known, pages) = telemax::company_page(fetched.status, &fetched.body)?;
            self.pages.set(pages.max(1));
            found.extend(known);
            if page >= pages {
                return Ok(());
            }
            page += 1;
        }
    }

    async fn get_telemax(
        self: &Rc<Self>,
        access: &TelemaxAccess,
        path: &str,
        company: bool,
        bytes: usize,
    ) -> Asked<Fetched> {
        let url = format!("{}{path}", access.url);
        self.get(Api::Telemax, &url, TELEMAX_VERSION, company, bytes)
            .await
    }

    /// Asks with the token, and with a header of the provider's. A token that the provider refuses
    /// is renewed, once.
    async fn get(
        self: &Rc<Self>,
        api: Api,
        url: &str,
        header: (&str, &str),
        company: bool,
        bytes: usize,
    ) -> Asked<Fetched> {
        for _ in 0..2 {
            let token = self.token(api).await?;
            self.is_open()?;
            self.spend(api, company)?;
            let bearer = format!("Bearer {}", token.bearer);
            let request = fetch::request("GET", &[("authorization", &bearer), header]);
            let request = request.map_err(unusable)?;
            let fetched = fetch::send(url, &request, timeout(api), bytes).await?;
            match fetched.status {
                429 if api == Api::Smartcar && smartcar::limits_vehicle_only(&fetched.body) => {
                    return Err(Untold {
                        failure: Failure::RateLimited,
                        until: retry_at(|name| fetched.header(name), now()),
                        for_all: false,
                    });
                }
                429 => return Err(self.be_quiet(&fetched)),
                401 => {
                    let mut known = self.token.borrow_mut();
                    if known.as_ref() == Some(&token) {
                        known.take();
                    }
                }
                _ => return Ok(fetched),
            }
        }
        Err(self.refuse_key())
    }

    /// The token in use, or a new one. Who needs one at once waits for the same.
    async fn token(self: &Rc<Self>, api: Api) -> Asked<Token> {
        let known = self.token.borrow().clone();
        if let Some(token) = known.filter(|token| token.renew_at > now()) {
            return Ok(token);
        }
        let renewal = self.renewal.borrow().clone();
        let renewal = renewal.unwrap_or_else(|| {
            let desk = Rc::clone(self);
            let renewal = Joint::begin(boxed(async move {
                let renewed = desk.renew(api).await;
                *desk.token.borrow_mut() = renewed.as_ref().ok().cloned();
                desk.renewal.take();
                renewed
            }));
            *self.renewal.borrow_mut() = Some(renewal.clone());
            renewal
        });
        renewal.outcome().await
    }

    async fn renew(&self, api: Api) -> Asked<Token> {
        self.is_open()?;
        let (url, request) = self.exchange(api)?;
        let fetched = fetch::send(&url, &request, timeout(api), RECORD_BYTES).await?;
        match fetched.status {
            200 | 201 => Ok(Token::read(&fetched.body, now()).ok_or(Failure::UnreadableAnswer)?),
            400 | 401 | 403 => Err(self.refuse_key()),
            429 => Err(self.be_quiet(&fetched)),
            _ => Err(Failure::Unavailable.into()),
        }
    }

    /// The request that exchanges the key for a token, and where it goes.
    fn exchange(&self, api: Api) -> Asked<(String, RequestInit)> {
        let form = UrlSearchParams::new().map_err(unusable)?;
        let url = match api {
            Api::Smartcar => {
                let access = config::smartcar(&self.env).map_err(unusable)?;
                let access = access.ok_or(Failure::Misconfigured)?;
                form.append("grant_type", "client_credentials");
                form.append("client_id", &access.client_id);
                form.append("client_secret", access.client_secret.expose());
                access.token_url
            }
            Api::Telemax => {
                let access = config::telemax(&self.env).map_err(unusable)?;
                let access = access.ok_or(Failure::Misconfigured)?;
                form.append("apiKey", access.key.expose());
                format!("{}{}", access.url, telemax::TOKEN_PATH)
            }
        };
        let headers = [FORM, TELEMAX_VERSION];
        let headers = headers.get(..if api == Api::Telemax { 2 } else { 1 });
        let request = fetch::request("POST", headers.unwrap_or_default());
        let request = request.map_err(unusable)?;
        request.set_body(&form.to_string());
        Ok((url, request))
    }

    /// Counts a call, where there is room for one.
    fn spend(&self, api: Api, company: bool) -> Asked<()> {
        let mut windows = self.windows.borrow_mut();
        let (of_vehicles, of_company) = windows.get_or_insert_with(|| limits(api));
        let window = if company { of_company } else { of_vehicles };
        let taken = window.take(now());
        taken.map_err(|until| Untold::for_all(Failure::RateLimited, until))
    }

    /// Whether anything is asked at present.
    fn is_open(&self) -> Asked<()> {
        match self.quiet.get() {
            Some((until, failure)) if until > now() => Err(Untold::for_all(failure, until)),
            _ => Ok(()),
        }
    }

    /// Asks nothing more until the provider wants to hear of us again.
    fn be_quiet(&self, fetched: &Fetched) -> Untold {
        let asked = retry_at(|name| fetched.header(name), now());
        let until = asked.unwrap_or_else(|| now().plus_millis(PAUSE));
        self.quiet.set(Some((until, Failure::RateLimited)));
        // A desk that is made anew keeps to it as well; without this it would ask once too often.
        let _ = self.ledger.set_meta(QUIET, Some(&until.to_string()));
        Untold::for_all(Failure::RateLimited, until)
    }

    /// Asks nothing for a while: each call would be refused as this one was.
    fn refuse_key(&self) -> Untold {
        let until = now().plus_millis(KEY_PAUSE);
        self.quiet.set(Some((until, Failure::KeyRefused)));
        Untold::for_all(Failure::KeyRefused, until)
    }
}

/// Why there is nothing to tell.
#[derive(Clone, Copy, Debug)]
struct Untold {
    failure: Failure,
    until: Option<UtcMillis>,
    for_all: bool,
}

impl Untold {
    /// It would be the same for any vehicle until then.
    const fn for_all(failure: Failure, until: UtcMillis) -> Self {
        Self {
            failure,
            until: Some(until),
            for_all: true,
        }
    }
}

impl From<Failure> for Untold {
    fn from(failure: Failure) -> Self {
        Self {
            failure,
            until: None,
            for_all: false,
        }
    }
}

impl From<Lost> for Untold {
    fn from(lost: Lost) -> Self {
        match lost {
            Lost::Broken => Failure::Unavailable.into(),
            Lost::TimedOut => Failure::TimedOut.into(),
        }
    }
}

impl From<Untold> for Told {
    fn from(untold: Untold) -> Self {
        Self {
            answer: Err(untold.failure),
            until: untold.until,
            for_all: untold.for_all,
        }
    }
}

/// What is set cannot be used.
fn unusable<T>(_: T) -> Failure {
    Failure::Misconfigured
}

fn escape(id: &str) -> String {
    encode_uri_component(id).into()
}

/// The providers' limits, of calls for one vehicle and of those for a company.
///
/// Telemax counts calls of each kind apart: 120 in 60 s for a vehicle's position, 20 for a
/// company's, as their pages say. Smartcar has a bucket of 120 that gains two a minute
/// (<https://smartcar.com/docs/help/api-limits>), so that 120 in an hour are never too many.
fn limits(api: Api) -> (Window, Window) {
    match api {
        Api::Smartcar => (Window::new(120, 3_600_000), Window::new(0, 0)),
        Api::Telemax => (Window::new(120, 60_000), Window::new(20, 60_000)),
    }
}

/// How long one call may take. Telemax's answers are of no use later; Smartcar may ask the car.
fn timeout(api: Api) -> Duration {
    match api {
        Api::Smartcar => Duration::from_secs(25),
        Api::Telemax => Duration::from_secs(10),
    }
}

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

const TELEMAX_VERSION: (&str, &str) = ("x-api-version", "2");

/// The name under which it is kept until when nothing is asked.
const QUIET: &str = "quiet_until";

/// How long others are waited for who ask for vehicles of the same company.
const GATHER: Duration = Duration::from_millis(50);

/// How long nothing is asked after a 429 that does not say, in milliseconds.
const PAUSE: i64 = 60_000;

/// How long nothing is asked after the key was refused, in milliseconds.
const KEY_PAUSE: i64 = 300_000;

/// The largest answer about one vehicle.
const RECORD_BYTES: usize = 65_536;

/// The largest page of a company.
const PAGE_BYTES: usize = 1_048_576;
