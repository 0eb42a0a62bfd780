//! What a person does in a browser: go, click, fill, choose, upload, press, wait.

use super::{Key, Result, Session, error};
use serde_json::{Value, json};
use std::fmt;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use thirtyfour::{By, TypingData, WebElement, error::WebDriverErrorInner, error::WebDriverResult};

pub(super) const PAGE: &str = include_str!("page.js");

impl Session {
    pub async fn goto(&self, address: &str) -> Result {
        let gone = self.web.goto(address).await;
        gone.map_err(|e| error(format!("cannot open {address}: {}", first_line(&e))))
    }

    /// Opens the address of the first link that a selector finds.
    pub async fn follow(&self, selector: &str) -> Result {
        let script = "return document.querySelector(arguments[0])?.href ?? null;";
        let found =
            self.web.execute(script, vec![json!(selector)]).await.map_err(|e| error(first_line(&e)))?;
        match found.json().as_str() {
            Some(address) => self.goto(address).await,
            None => Err(self.fail(format!("no link is found by {selector}")).await),
        }
    }

    pub async fn reload(&self) -> Result {
        self.web.refresh().await.map_err(|e| error(first_line(&e)))
    }

    pub async fn back(&self) -> Result {
        self.web.back().await.map_err(|e| error(first_line(&e)))
    }

    /// Signs in on the product's sign-in page with a password.
    pub async fn sign_in(&self, base: &str, login: &str, password: &str) -> Result {
        self.goto(&format!("{base}/sign-in")).await?;
        let typed = async {
            self.web.find(By::Name("login")).await?.send_keys(login).await?;
            self.web.find(By::Name("password")).await?.send_keys(password + Key::Enter).await
        };
        if let Err(e) = typed.await {
            return Err(self.fail(format!("cannot sign in: {}", first_line(&e))).await);
        }
        let give_up = Instant::now() + self.patience;
        while self.path().await.is_ok_and(|path| path.starts_with("/sign-in")) {
            if Instant::now() > give_up {
                return Err(self.fail(format!("{login} was not let in")).await);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(())
    }

    /// Clicks the link or button of this name; an exact name goes before one that contains it.
    pub async fn click(&self, name: &str) -> Result {
        self.click_near("", name).await
    }

    /// Clicks the link or button of this name that stands nearest to a text, such as the one in its table row.
    pub async fn click_near(&self, text: &str, name: &str) -> Result {
        self.patiently("click", name, text, async |element| element.click().await).await
    }

    /// Types into the field with this label, or picks from its list or calendar (dates as `2026-05-01`).
    pub async fn fill(&self, label: &str, value: &str) -> Result {
        self.fill_near("", label, value).await
    }

    /// The same for the field nearest to a text, such as the heading of one of several persons.
    pub async fn fill_near(&self, text: &str, label: &str, value: &str) -> Result {
        let mut refused = None;
        self.patiently("field", label, text, async |element| {
            refused = self.set(element, value).await?;
            Ok(())
        })
        .await?;
        match refused {
            None => Ok(()),
            Some(why) => Err(self.fail(format!("cannot fill “{label}”: {why}")).await),
        }
    }

    async fn set(&self, element: &WebElement, value: &str) -> WebDriverResult<Option<String>> {
        let arguments = vec![element.to_json()?, json!(value)];
        let script = format!("{PAGE}\nreturn pick(arguments[0], arguments[1]);");
        let picked = self.web.execute(script, arguments).await?;
        match picked.json().as_str() {
            Some("picked") => return Ok(None),
            Some(refused) => return Ok(Some(refused.to_owned())),
            None => {}
        }
        element.clear().await?;
        if value.chars().all(|one| u32::from(one) <= 0xFFFF) {
            element.send_keys(value).await?;
        } else {
            // chromedriver types nothing outside the basic plane, such as 𠮷; an input method inserts whole texts.
            element.focus().await?;
            self.web.cdp().send_raw("Input.insertText", json!({ "text": value })).await?;
        }
        Ok(None)
    }

    /// Chooses the answer to a question: a radio button by its label, nearest to the question's text.
    pub async fn choose(&self, question: &str, answer: &str) -> Result {
        self.patiently("option", answer, question, async |element| self.press_option(element).await).await
    }

    /// Ticks (or unticks) the checkbox with this label.
    pub async fn tick(&self, label: &str) -> Result {
        self.choose("", label).await
    }

    async fn press_option(&self, element: &WebElement) -> WebDriverResult<()> {
        let script = format!("{PAGE}\nreturn pressable(arguments[0]);");
        let pressable = self.web.execute(script, vec![element.to_json()?]).await?;
        pressable.element()?.click().await
    }

    /// Gives a file to the upload field with this label.
    pub async fn upload(&self, label: &str, file: &Path) -> Result {
        self.upload_near("", label, file).await
    }

    /// The same for the upload field nearest to a text, such as the name of a material.
    pub async fn upload_near(&self, text: &str, label: &str, file: &Path) -> Result {
        let path = file.canonicalize().map_err(|e| error(format!("{}: {e}", file.display())))?;
        let path = path.to_string_lossy().into_owned();
        self.patiently("file", label, text, async |element| element.send_keys(path.as_str()).await).await
    }

    /// Presses keys wherever the focus is: `press(Key::Tab)`, `press(Key::Alt + "s")`, `press("12")`.
    pub async fn press(&self, keys: impl Into<TypingData>) -> Result {
        let keys = keys.into().to_string();
        let give_up = Instant::now() + self.patience;
        loop {
            let press = async { self.web.active_element().await?.send_keys(keys.as_str()).await };
            match press.await {
                Ok(()) => return Ok(()),
                // A part of the page was exchanged just now, and the focus with it.
                Err(e) if may_pass(&e) && Instant::now() < give_up => {}
                Err(e) => return Err(error(format!("cannot press keys: {}", first_line(&e)))),
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Says yes to the browser's own question, which must contain these words.
    pub async fn accept(&self, words: &str) -> Result {
        let give_up = Instant::now() + self.patience;
        let asked = loop {
            match self.web.get_alert_text().await {
                Ok(asked) => break asked,
                Err(e) if Instant::now() > give_up => {
                    return Err(self.fail(format!("no question is open: {}", first_line(&e))).await);
                }
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        };
        let answered = if asked.contains(words) {
            self.web.accept_alert().await
        } else {
            self.web.dismiss_alert().await
        };
        answered.map_err(|e| error(first_line(&e)))?;
        if asked.contains(words) {
            Ok(())
        } else {
            Err(self.fail(format!("the question is “{asked}”, not “{words}”")).await)
        }
    }

    /// Presses Enter: what a keyboard's user does to send a form.
    pub async fn enter(&self) -> Result {
        self.press(Key::Enter + "").await
    }

    /// Waits until the page shows a text.
    pub async fn wait_for(&self, text: &str) -> Result {
        let wanted = squeezed(text);
        let give_up = Instant::now() + self.patience;
        loop {
            // While a page is being exchanged for the next one, asking may fail; that is not an answer yet.
            if self.text().await.is_ok_and(|shown| squeezed(&shown).contains(&wanted)) {
                return Ok(());
            }
            if Instant::now() > give_up {
                return Err(self.fail(format!("waited in vain for “{text}”")).await);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// From now on no script is loaded, as on a bad line; pages have none but those they load.
    /// (Switching scripts off altogether leaves chromedriver itself without an answer.)
    pub async fn refuse_scripts(&self) -> Result {
        let cdp = self.web.cdp();
        let urls = json!({ "urls": ["*.js", "*.js?*", "*.mjs", "*.mjs?*"] });
        let sent = async {
            cdp.send_raw("Network.enable", json!({})).await?;
            cdp.send_raw("Network.setBlockedURLs", urls).await
        };
        sent.await.map_err(|e| error(first_line(&e)))?;
        self.scripts_refused.store(true, Ordering::Relaxed);
        Ok(())
    }

    /// Finds an element and does something with it, again and again until it works or patience ends:
    /// what a click set off may still be drawing the page.
    async fn patiently(
        &self,
        kind: &str,
        name: &str,
        near: &str,
        mut act: impl AsyncFnMut(&WebElement) -> WebDriverResult<()>,
    ) -> Result {
        let script = format!("{PAGE}\nreturn find(arguments[0], arguments[1], arguments[2]);");
        let give_up = Instant::now() + self.patience;
        loop {
            let arguments = vec![json!(kind), json!(name), json!(near)];
            let attempt = async {
                let found = self.web.execute(script.as_str(), arguments).await?;
                if let Value::String(why) = found.json() {
                    return Ok(Err(why.clone()));
                }
                act(&found.element()?).await.map(Ok)
            };
            let why = match attempt.await {
                Ok(Ok(())) => return Ok(()),
                Ok(Err(why)) => why,
                Err(e) if may_pass(&e) => first_line(&e),
                Err(e) => return Err(self.fail(first_line(&e)).await),
            };
            if Instant::now() > give_up {
                return Err(self.fail(why).await);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

/// Errors of a page in motion, which may be over in a moment.
fn may_pass(e: &thirtyfour::error::WebDriverError) -> bool {
    use WebDriverErrorInner as E;
    matches!(
        e.as_inner(),
        E::StaleElementReference(_)
            | E::ElementNotInteractable(_)
            | E::ElementClickIntercepted(_)
            | E::NoSuchElement(_)
            | E::JavascriptError(_)
    )
}

/// chromedriver's errors come with its stack; the first line is the news.
pub(super) fn first_line(e: &impl fmt::Display) -> String {
    e.to_string().lines().next().unwrap_or_default().to_owned()
}

pub(super) fn squeezed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
