"""Mail domains of the public, by the provider that gives addresses in them.

Source, where none is named: the ISPDB, https://github.com/thunderbird/autoconfig, state of 2026-03-12.
"""


def _under(name: str, suffixes: str) -> frozenset[str]:
    return frozenset(f"{name}.{suffix}" for suffix in suffixes.split())


def _listed(names: str) -> frozenset[str]:
    return frozenset(names.split())


GMAIL = _listed("gmail.com googlemail.com")
OUTLOOK = (
    _listed("msn.com windowslive.com livemail.tw")
    | _under(
        "outlook",
        "com at be cl cz de dk es fr hu ie in it jp kr lv my ph pt sa sg sk co.id co.il co.th com.ar com.au com.br "
        "com.gr com.tr com.vn",
    )
    | _under(
        "hotmail",
        "com be ca cl cz de dk es fi fr gr hu it lt lv my nl no ph rs se sg sk co.id co.il co.in co.jp co.kr co.th "
        "co.uk co.za com.ar com.au com.br com.hk com.tr com.tw com.vn",
    )
    | _under(
        "live",
        "com at be ca cl cn de dk fi fr hk ie in it jp nl no ru se co.jp co.kr co.uk co.za com.ar com.au com.mx "
        "com.my com.ph com.pt com.sg",
    )
)
# sky.com is served by Yahoo (DNS, 2026-10-08).
YAHOO = _under("yahoo", "com ca de it fr es se co.in co.uk co.nz com.au com.ar com.br com.mx") | _listed(
    "ymail.com rocketmail.com myyahoo.com cox.net sky.com"
)
AOL = _under("aol", "com de it fr es se co.uk co.nz com.au com.ar com.br com.mx") | _listed(
    "aim.com netscape.net netscape.com compuserve.com cs.com wmconnect.com verizon.net"
)
ATT = _listed(
    "att.net sbcglobal.net bellsouth.net ameritech.net pacbell.net prodigy.net swbell.net snet.net flash.net "
    "nvbell.net currently.com"
)
ICLOUD = _listed("icloud.com me.com mac.com")
# https://www.fastmail.com/about/ourdomains/
FASTMAIL = _under("fastmail", "cn co.uk com com.au de es fm fr im in jp mx net nl org se to tw uk us") | _listed(
    "123mail.org 150mail.com 150ml.com 16mail.com 2-mail.com 4email.net 50mail.com airpost.net allmail.net "
    "bestmail.us cluemail.com elitemail.org emailcorner.net emailengine.net emailengine.org emailgroups.net "
    "emailplus.org emailuser.net eml.cc f-m.fm fast-email.com fast-mail.org fastem.com fastemail.us "
    "fastemailer.com fastest.cc fastimap.com fastmailbox.net fastmessaging.com fea.st fmail.co.uk fmailbox.com "
    "fmgirl.com fmguy.com ftml.net h-mail.us hailmail.net imap-mail.com imap.cc imapmail.org inoutbox.com "
    "internet-e-mail.com internet-mail.org internetemails.net internetmailing.net jetemail.net justemail.net "
    "letterboxes.org mail-central.com mail-page.com mailandftp.com mailas.com mailbolt.com mailc.net mailcan.com "
    "mailforce.net mailftp.com mailhaven.com mailingaddress.org mailite.com mailmight.com mailnew.com "
    "mailsent.net mailservice.ms mailup.net mailworks.org ml1.net mm.st myfastmail.com mymacmail.com "
    "nospammail.net ownmail.net petml.com postinbox.com postpro.net proinbox.com promessage.com realemail.net "
    "reallyfast.biz reallyfast.info rushpost.com sent.as sent.at sent.com speedpost.net speedymail.org "
    "ssl-mail.com swift-mail.com the-fastest.net the-quickest.com theinternetemail.com veryfast.biz "
    "veryspeedy.net warpmail.net xsmail.com yepmail.net your-mail.com"
)
GMX_NET = _under("gmx", "net de at ch eu org info biz")
GMX_COM = _under(
    "gmx",
    "com tm us co.uk es fr ca cn co.in com.br com.my hk ie ph pt ru se sg tw com.tr it li",
)
# The fun domains are those of https://github.com/chatmail/provider-db (web.de).
WEB_DE = _listed(
    "web.de email.de flirt.ms hallo.ms kuss.ms love.ms magic.ms singles.ms cool.ms kanzler.ms okay.ms party.ms pop.ms "
    "stars.ms techno.ms clever.ms deutschland.ms genial.ms ich.ms online.ms smart.ms wichtig.ms action.ms fussball.ms "
    "joker.ms planet.ms power.ms"
)
MAIL_COM = _listed(
    "mail.com mail.org email.com post.com usa.com accountant.com consultant.com dr.com engineer.com cheerful.com "
    "techie.com linuxmail.org europe.com london.com uymail.com myself.com iname.com writeme.com 2die4.com activist.com "
    "adexec.com africamail.com aircraftmail.com alabama.usa.com alaska.usa.com allergist.com alumni.com "
    "alumnidirector.com americamail.com amorous.com angelic.com archaeologist.com arizona.usa.com artlover.com "
    "asia-mail.com atheist.com australiamail.com bartender.net berlin.com bigger.com bikerider.com birdlover.com "
    "blader.com boardermail.com brazilmail.com brew-master.com california.usa.com californiamail.com caress.com "
    "catlover.com chef.net chemist.com chinamail.com clerk.com cliffhanger.com collector.org columnist.com comic.com "
    "computer4u.com contractor.net coolsite.net counsellor.com count.com couple.com cutey.com cyberdude.com "
    "cybergal.com cyber-wizard.com dallasmail.com dbzmail.com deliveryman.com diplomats.com disciples.com doctor.com "
    "doglover.com doramail.com dublin.com earthling.net elvisfan.com englandmail.com europemail.com execs.com fan.com "
    "feelings.com financier.com fireman.net florida.usa.com footballer.com gardener.com geologist.com germanymail.com "
    "graduate.org graphic-designer.com hackermail.com hairdresser.net hilarious.com hockeymail.com homemail.com "
    "hot-shot.com hour.com humanoid.net illinois.usa.com innocent.com inorbit.com instruction.com instructor.net "
    "insurer.com irelandmail.com italymail.com japan.com journalist.com keromail.com kittymail.com koreamail.com "
    "lawyer.com legislator.com loveable.com lovecat.com mad.scientist.com madonnafan.com madrid.com marchmail.com "
    "mexicomail.com mindless.com minister.com mobsters.com monarchy.com moscowmail.com munich.com musician.org "
    "muslim.com newyork.usa.com null.net nycmail.com oath.com optician.com pacificwest.com petlover.com "
    "photographer.net playful.com poetic.com politician.com popstar.com presidency.com priest.com programmer.net "
    "publicist.com realtyagent.com reborn.com reggaefan.com religious.com repairman.com representative.com "
    "rescueteam.com revenue.com rocketship.com rockfan.com rome.com royal.net saintly.com salesperson.net "
    "sanfranmail.com scientist.com scotlandmail.com secretary.net seductive.com singapore.com snakebite.com "
    "songwriter.net soon.com spainmail.com teachers.org technologist.com texas.usa.com thegame.com therapist.net "
    "toke.com tokyo.com toothfairy.com tvstar.com umpire.com wallet.com webname.com weirdness.com who.net whoever.com "
    "winning.com witty.com worker.com workmail.com yours.com"
)
T_ONLINE = _listed("t-online.de magenta.de")
YANDEX = _under("yandex", "ru com by kz ua net") | _listed("ya.ru narod.ru")
# https://github.com/chatmail/provider-db (mail.ru)
MAIL_RU = _listed("mail.ru inbox.ru list.ru bk.ru internet.ru vk.com")
# https://github.com/chatmail/provider-db (qq)
QQ = _listed("qq.com foxmail.com")
# https://github.com/chatmail/provider-db (posteo, 2026-01)
POSTEO = _under(
    "posteo",
    "de af at be ca ch cl co co.uk com com.br cr cz dk ee es eu fi gl gr hn hr hu ie in is it jp la li lt lu me mx my "
    "net nl no nz org pe pl pm pt ro ru se sg si tn uk us",
)
# https://github.com/chatmail/provider-db (infomaniak)
INFOMANIAK = _listed("ik.me ikmail.com etik.com")
JUBII = _listed(
    "mail.jubii.dk jubii.dk jubiimail.dk jubiipost.dk jubiipostadresse.dk jubiichat.dk jubiiconnect.dk "
    "jubiigames.dk christensen.dk christiansen.dk eriksen.dk frandsen.dk frederiksen.dk hansen.dk henningsen.dk "
    "henriksen.dk iversen.dk jacobsen.dk jakobsen.dk johansen.dk knudsen.dk larsen.dk laursen.dk madsen.dk "
    "mathiesen.dk mikaelsen.dk mikkelsen.dk mortensen.dk olesen.dk pedersen.dk petersen.dk poulsen.dk "
    "rasmussen.dk simonsen.dk sorensen.dk svendsen.dk thomsen.dk vestergaard.dk 123mail.dk 12fuel.dk 12mail.dk "
    "12move.dk 2night.dk 2senior.dk 9260.dk anarki.dk anderledes.dk backbone.dk bedstemail.dk begavet.dk "
    "bemybaby.dk bitnisse.dk city.dk cool.dk cyberdude.dk cyberjunkie.dk dancemail.dk e-box.dk elinstallatoer.dk "
    "elsker.dk elvis.dk email.dk e-mail.dk e-postboks.dk fald.dk fedt.dk feminin.dk flirt.dk forening.dk "
    "fraekkert.dk funkymail.dk gadefejer.dk gaf-net.dk gason.dk grin.dk groovymail.dk grov.dk hammergod.dk "
    "hardworking.dk heaven.dk heavymail.dk hemmelig.dk hippie.dk huleboer.dk husk-mig.dk hyperpost.dk iloveu.dk "
    "inbound.dk indbakke.dk infile.dk info.dk io.dk it.dk jyde.dk klog.dk knus.dk krudt.dk kulturel.dk kvalme.dk "
    "lazy.dk lystig.dk mail4.dk mail6.dk mail8.dk maildanmark.dk mail-mig.dk mailroyal.dk mailster.dk manmail.dk "
    "maskulin.dk min-postkasse.dk minprivatemail.dk musling.dk natteliv.dk netbruger.dk nicemail.dk nospam.dk "
    "pedal.dk pengemand.dk pokerface.dk popme.dk postman.dk privatmail.dk privatpost.dk quake.dk ready.dk "
    "retromail.dk ringmybell.dk secret.dk sexysurfer.dk skrivnu.dk sleepy.dk sporty.dk submail.dk superbruger.dk "
    "talent.dk tanke.dk tastmig.dk taxidriver.dk teens.dk teknik.dk tjekket.dk trashcan.dk trustme.dk ungdom.dk "
    "video.dk vittig.dk wildwildweb.dk zoomail.dk zybermail.dk"
)
