//! What is said of photos, of the picture for the group chat and of the room on the phone.

shared::messages! {
    PHOTOS = "照片", "Photos";
    PHOTOS_LEAD = "拍下现场和签到表。照片会缩小，去掉位置和相机信息，先存本机，有信号时自动上传。",
        "Take the scene and the signed sheet. Photos are made small, without place or camera data, kept on this phone, and go up when there is signal.";
    TAKE_SCENE = "拍现场", "The scene";
    TAKE_SHEET = "拍签到表", "The signed sheet";
    ORIGINAL = "另存一张大图，供宣传使用（更占空间和流量）", "Keep it large for the bulletin (more room and data)";
    CAPTION = "说明", "Caption";
    PHOTO_MAKING = "正在处理照片…", "Working on the photo…";
    PHOTO_FULL = "手机存储快满了，照片没有保存。签到和反馈仍可记录。",
        "Storage is nearly full: the photo was not kept. Records can still be made.";
    PHOTO_NO_PICTURE = "这个文件不是能识别的照片，没有保存", "This file is no picture that can be read; it was not kept";
    PHOTO_IMPOSSIBLE = "这个浏览器不能处理照片，没有保存", "This browser cannot work on photos; it was not kept";
    PHOTO_SENDING = "上传中 {}%", "Sending {}%";
    PHOTO_SENT = "已上传", "At the server";
    PHOTO_SAVED = "已存本机", "Saved on this phone";
    PHOTO_REFUSED = "服务器不收：{}", "Refused by the server: {}";
    PHOTO_VOID = "撤销照片", "Take the photo out";
    PHOTO_VOID_SURE = "确定撤销", "Take it out";
    PHOTO_KEEP = "保留", "Keep it";
    PHOTO_VOIDED = "已撤销照片", "The photo was taken out";
    PHOTOS_HERE = "全场照片 {} 张 · 服务器已收到 {} 张", "{} photos of this session · {} at the server";
    PHOTOS_WAIT = "{} 张照片还没传完，有信号时自动上传", "{} photos have not gone up yet; they do when there is signal";

    CARD_DO = "生成图片", "Make a picture";
    CARD_LEAD = "长按图片可以保存或发到群里。图上没有姓名。", "Hold the picture down to save it or send it on. Nobody's name is in it.";
    CARD_FAILED = "这个浏览器画不出图片，请用上面的文字", "This browser cannot draw the picture; please use the text above";
    CARD_ALT = "小结图片：{}", "Picture of the summary: {}";
    CARD_CAPTION = "实到（人次）", "attended";
    CARD_OF = "实到 / 应到 {}", "attended / {} expected";

    COPY_SESSION = "复制本场", "Copy this session";
    COPY_SESSION_LEAD = "同样的内容再讲一场：复制到下一天或另一个地点。", "The same again on another day or in another hall.";
    COPY_SESSION_DO = "复制为新场次", "Copy to a new session";

    ROOM = "存储空间", "Storage";
    ROOM_USED = "已用 {} MB，共可用约 {} MB", "{} MB used of about {} MB";
    ROOM_UNKNOWN = "这个浏览器不说明存储空间", "This browser does not tell its storage";

    WECHAT = "正在微信里打开", "Opened inside WeChat";
    WECHAT_WHY = "iPhone 的微信里没有信号就打不开这个页面，长时间不用，记录也可能被系统清掉。",
        "Inside WeChat on an iPhone this page does not open without signal, and what is kept may be cleared after a while.";
    WECHAT_ONE = "点右上角「…」，选「在默认浏览器中打开」", "Tap “…” at the top right, then “Open in default browser”";
    WECHAT_TWO = "在浏览器里点分享按钮，选「添加到主屏幕」", "There, tap the share button, then “Add to Home Screen”";
}
