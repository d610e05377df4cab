"""Providers with very many domains, as lists of words."""

# chatmail/provider-db fastmail.md, from https://www.fastmail.com/about/ourdomains/
FASTMAIL = """
    123mail.org 150mail.com 150ml.com 16mail.com 2-mail.com 4email.net 50mail.com airpost.net allmail.net
    bestmail.us cluemail.com elitemail.org emailcorner.net emailengine.net emailengine.org emailgroups.net
    emailplus.org emailuser.net eml.cc f-m.fm fast-email.com fast-mail.org fastem.com fastemail.us fastemailer.com
    fastest.cc fastimap.com fastmail.cn fastmail.co.uk fastmail.com fastmail.com.au fastmail.de fastmail.es
    fastmail.fm fastmail.fr fastmail.im fastmail.in fastmail.jp fastmail.mx fastmail.net fastmail.nl fastmail.org
    fastmail.se fastmail.to fastmail.tw fastmail.uk fastmail.us fastmailbox.net fastmessaging.com fea.st fmail.co.uk
    fmailbox.com fmgirl.com fmguy.com ftml.net h-mail.us hailmail.net imap-mail.com imap.cc imapmail.org
    inoutbox.com internet-e-mail.com internet-mail.org internetemails.net internetmailing.net jetemail.net
    justemail.net letterboxes.org mail-central.com mail-page.com mailandftp.com mailas.com mailbolt.com mailc.net
    mailcan.com mailforce.net mailftp.com mailhaven.com mailingaddress.org mailite.com mailmight.com mailnew.com
    mailsent.net mailservice.ms mailup.net mailworks.org ml1.net mm.st myfastmail.com mymacmail.com nospammail.net
    ownmail.net petml.com postinbox.com postpro.net proinbox.com promessage.com realemail.net reallyfast.biz
    reallyfast.info rushpost.com sent.as sent.at sent.com speedpost.net speedymail.org ssl-mail.com swift-mail.com
    the-fastest.net the-quickest.com theinternetemail.com veryfast.biz veryspeedy.net warpmail.net xsmail.com
    yepmail.net your-mail.com
"""

# thunderbird/autoconfig mail.com.xml
MAIL_COM = """
    mail.com mail.org email.com post.com usa.com accountant.com consultant.com dr.com engineer.com cheerful.com
    techie.com linuxmail.org europe.com london.com uymail.com myself.com iname.com writeme.com 2die4.com
    activist.com adexec.com africamail.com aircraftmail.com alabama.usa.com alaska.usa.com allergist.com alumni.com
    alumnidirector.com americamail.com amorous.com angelic.com archaeologist.com arizona.usa.com artlover.com
    asia-mail.com atheist.com australiamail.com bartender.net berlin.com bigger.com bikerider.com birdlover.com
    blader.com boardermail.com brazilmail.com brew-master.com california.usa.com californiamail.com caress.com
    catlover.com chef.net chemist.com chinamail.com clerk.com cliffhanger.com collector.org columnist.com comic.com
    computer4u.com contractor.net coolsite.net counsellor.com count.com couple.com cutey.com cyberdude.com
    cybergal.com cyber-wizard.com dallasmail.com dbzmail.com deliveryman.com diplomats.com disciples.com doctor.com
    doglover.com doramail.com dublin.com earthling.net elvisfan.com englandmail.com europemail.com execs.com fan.com
    feelings.com financier.com fireman.net florida.usa.com footballer.com gardener.com geologist.com germanymail.com
    graduate.org graphic-designer.com hackermail.com hairdresser.net hilarious.com hockeymail.com homemail.com
    hot-shot.com hour.com humanoid.net illinois.usa.com innocent.com inorbit.com instruction.com instructor.net
    insurer.com irelandmail.com italymail.com japan.com journalist.com keromail.com kittymail.com koreamail.com
    lawyer.com legislator.com loveable.com lovecat.com mad.scientist.com madonnafan.com madrid.com marchmail.com
    mexicomail.com mindless.com minister.com mobsters.com monarchy.com moscowmail.com munich.com musician.org
    muslim.com newyork.usa.com null.net nycmail.com oath.com optician.com pacificwest.com petlover.com
    photographer.net playful.com poetic.com politician.com popstar.com presidency.com priest.com programmer.net
    publicist.com realtyagent.com reborn.com reggaefan.com religious.com repairman.com representative.com
    rescueteam.com revenue.com rocketship.com rockfan.com rome.com royal.net saintly.com salesperson.net
    sanfranmail.com scientist.com scotlandmail.com secretary.net seductive.com singapore.com snakebite.com
    songwriter.net soon.com spainmail.com teachers.org technologist.com texas.usa.com thegame.com therapist.net
    toke.com tokyo.com toothfairy.com tvstar.com umpire.com wallet.com webname.com weirdness.com who.net whoever.com
    winning.com witty.com worker.com workmail.com yours.com
"""

# thunderbird/autoconfig mail.jubii.dk.xml
JUBII = """
    jubii.dk mail.jubii.dk christensen.dk christiansen.dk eriksen.dk frandsen.dk frederiksen.dk hansen.dk
    henningsen.dk henriksen.dk iversen.dk jacobsen.dk jakobsen.dk johansen.dk knudsen.dk larsen.dk laursen.dk
    madsen.dk mathiesen.dk mikaelsen.dk mikkelsen.dk mortensen.dk olesen.dk pedersen.dk petersen.dk poulsen.dk
    rasmussen.dk simonsen.dk sorensen.dk svendsen.dk thomsen.dk vestergaard.dk 123mail.dk 12fuel.dk 12mail.dk
    12move.dk 2night.dk 2senior.dk 9260.dk anarki.dk anderledes.dk backbone.dk bedstemail.dk begavet.dk bemybaby.dk
    bitnisse.dk city.dk cool.dk cyberdude.dk cyberjunkie.dk dancemail.dk e-box.dk elinstallatoer.dk elsker.dk
    elvis.dk email.dk e-mail.dk e-postboks.dk fald.dk fedt.dk feminin.dk flirt.dk forening.dk fraekkert.dk
    funkymail.dk gadefejer.dk gaf-net.dk gason.dk grin.dk groovymail.dk grov.dk hammergod.dk hardworking.dk
    heaven.dk heavymail.dk hemmelig.dk hippie.dk huleboer.dk husk-mig.dk hyperpost.dk iloveu.dk inbound.dk
    indbakke.dk infile.dk info.dk io.dk it.dk jubiichat.dk jubiiconnect.dk jubiigames.dk jubiimail.dk jubiipost.dk
    jubiipostadresse.dk jyde.dk klog.dk knus.dk krudt.dk kulturel.dk kvalme.dk lazy.dk lystig.dk mail4.dk mail6.dk
    mail8.dk maildanmark.dk mail-mig.dk mailroyal.dk mailster.dk manmail.dk maskulin.dk min-postkasse.dk
    minprivatemail.dk musling.dk natteliv.dk netbruger.dk nicemail.dk nospam.dk pedal.dk pengemand.dk pokerface.dk
    popme.dk postman.dk privatmail.dk privatpost.dk quake.dk ready.dk retromail.dk ringmybell.dk secret.dk
    sexysurfer.dk skrivnu.dk sleepy.dk sporty.dk submail.dk superbruger.dk talent.dk tanke.dk tastmig.dk
    taxidriver.dk teens.dk teknik.dk tjekket.dk trashcan.dk trustme.dk ungdom.dk video.dk vittig.dk wildwildweb.dk
    zoomail.dk zybermail.dk
"""
