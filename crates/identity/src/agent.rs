//! Browser and device in words, for the list of one's own sessions. Only the words are kept.

/// `Chrome，安卓设备`
pub(crate) fn describe(user_agent: &str) -> String {
    let has = |word: &str| user_agent.contains(word);
    // Each browser also names those it wants to be taken for, so the order matters.
    let browsers = [
        ("MicroMessenger", "微信"),
        ("AlipayClient", "支付宝"),
        ("HuaweiBrowser", "华为浏览器"),
        ("Edg/", "Edge"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ];
    let devices = [
        ("HarmonyOS", "鸿蒙设备"),
        ("OpenHarmony", "鸿蒙设备"),
        ("Android", "安卓设备"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows 电脑"),
        ("Macintosh", "Mac 电脑"),
        ("Linux", "Linux 电脑"),
    ];
    let word = |list: &[(&str, &'static str)], other: &'static str| {
        list.iter().find(|(mark, _)| has(mark)).map_or(other, |(_, word)| *word)
    };
    format!("{}，{}", word(&browsers, "浏览器"), word(&devices, "未知设备"))
}

#[cfg(test)]
mod tests {
    use super::describe;

    #[test]
    fn common_browsers_are_told_apart() {
        let android = "Mozilla/5.0 (Linux; Android 15; V2405A) AppleWebKit/537.36 Chrome/130.0.0.0 Mobile Safari/537.36";
        assert_eq!(describe(android), "Chrome，安卓设备");
        assert_eq!(describe(&format!("{android} MicroMessenger/8.0.50")), "微信，安卓设备");
        let iphone = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 Version/18.1 Safari/604.1";
        assert_eq!(describe(iphone), "Safari，iPhone");
        let edge = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/130.0 Safari/537.36 Edg/130.0";
        assert_eq!(describe(edge), "Edge，Windows 电脑");
        assert_eq!(describe(""), "浏览器，未知设备");
        assert_eq!(describe("<script>"), "浏览器，未知设备");
    }
}
