import type { Language } from './language.ts'

const notYou = 'إذا لم تكن أنت من طلب ذلك فتجاهل هذه الرسالة: لم يتغيّر شيء.'

export const arabic: Language = {
  direction: 'rtl',
  digits: 'أو اكتب هذا الرمز:',
  orLink: 'أو افتح هذا العنوان:',
  lifetime: (minutes) => {
    if (minutes < 60) return `${minutes} دقائق`
    if (minutes < 1440) return minutes === 60 ? 'ساعة واحدة' : `${minutes / 60} ساعات`
    return minutes === 1440 ? 'يوم واحد' : `${minutes / 1440} أيام`
  },
  letters: {
    verify_email: {
      subject: ({ tenant }) => `أكّد عنوان بريدك لدى ${tenant}`,
      paragraphs: ({ tenant }) => [`يُرجى تأكيد أن هذا العنوان لك حتى تتمكن ${tenant} من مراسلتك.`],
      button: 'تأكيد العنوان',
      closing: notYou,
    },
    invitation: {
      subject: ({ tenant }) => `دعوة إلى ${tenant}`,
      paragraphs: ({ tenant }) => [`أنشأ أحد المسؤولين حسابًا لك لدى ${tenant}. اختر كلمة مرور لاستخدامه.`],
      button: 'اختيار كلمة مرور',
      closing: 'إذا لم تعرف سبب وصول هذه الرسالة فتجاهلها: لا يستطيع أحد استخدام هذا الحساب.',
    },
    invitation_elsewhere: {
      subject: ({ tenant }) => `دعوة إلى ${tenant}`,
      paragraphs: ({ tenant }) => [
        `أنشأ أحد المسؤولين حسابًا لك لدى ${tenant}. لا تحتاج إلى شيء جديد: سجّل الدخول كما تفعل في كل مكان آخر لدى مؤسستك.`,
      ],
      button: 'تسجيل الدخول',
      closing: 'إذا لم تعرف سبب وصول هذه الرسالة فتجاهلها: لا يستطيع أحد غيرك استخدام هذا الحساب.',
    },
    sign_in_elsewhere: {
      subject: ({ tenant }) => `كيفية تسجيل الدخول إلى ${tenant}`,
      paragraphs: ({ tenant }) => [
        `طلب شخص ما المساعدة في تسجيل الدخول إلى ${tenant} بهذا العنوان. لا شيء هنا يُعاد تعيينه: يُسجَّل الدخول إلى ${tenant} بحساب المؤسسة.`,
        'إذا لم ينجح ذلك فاسأل المسؤول لديك.',
      ],
      button: 'تسجيل الدخول',
      closing: notYou,
    },
    already_registered: {
      subject: ({ tenant }) => `لديك حساب بالفعل لدى ${tenant}`,
      paragraphs: ({ tenant }) => [
        `أراد شخص ما استخدام هذا العنوان لحساب لدى ${tenant}، لكنه يخصّ حسابًا موجودًا.`,
        'إذا كنت أنت فسجّل الدخول، وتساعدك الصفحة نفسها إن لم تستطع.',
      ],
      button: 'تسجيل الدخول',
      closing: notYou,
    },
    reset_password: {
      subject: ({ tenant }) => `اختر كلمة مرور جديدة لدى ${tenant}`,
      paragraphs: ({ tenant }) => [`طلبت اختيار كلمة مرور جديدة لحسابك لدى ${tenant}.`],
      button: 'اختيار كلمة مرور جديدة',
      closing: notYou,
    },
    no_account: {
      subject: ({ tenant }) => `لا يوجد حساب لهذا العنوان لدى ${tenant}`,
      paragraphs: ({ tenant }) => [
        `طلب شخص ما كلمة مرور جديدة لدى ${tenant}، لكن لا حساب بهذا العنوان. ربما استخدمت عنوانًا آخر.`,
      ],
      button: 'إنشاء حساب',
      closing: notYou,
    },
    magic_link: {
      subject: ({ tenant }) => `تسجيل الدخول إلى ${tenant}`,
      paragraphs: ({ tenant, params }) => [
        `طلب أحدهم تسجيل الدخول إلى ${tenant} بهذا العنوان:`,
        [params['device'], params['place'], params['time']].filter(Boolean).join(' · '),
        'افتح الرابط حيث طلبته، أو اكتب الرمز هناك. على جهاز آخر يطلب الرابط الرقم المعروض حيث طلبته.',
      ],
      button: 'تسجيل الدخول',
      closing:
        'إن لم تكن أنت من طلب ذلك فتجاهل هذه الرسالة: لا يدخل أحد من دونها. لا تعطِ الرمز لأحد، ولا تكتبه إلا في الصفحة التي طلبته منها.',
    },
    magic_link_no_account: {
      subject: ({ tenant }) => `لا يوجد حساب في ${tenant} بهذا العنوان`,
      paragraphs: ({ tenant }) => [
        `طلب أحدهم تسجيل الدخول إلى ${tenant} بهذا العنوان، لكن لا حساب يحمله. ربما استخدمت عنوانًا آخر.`,
      ],
      button: 'إنشاء حساب',
      closing: notYou,
    },
    password_changed: {
      subject: ({ tenant }) => `تم تغيير كلمة مرورك لدى ${tenant}`,
      paragraphs: () => ['تم تغيير كلمة مرورك وتسجيل خروج أجهزتك الأخرى.'],
      button: 'عرض حسابك',
      closing: 'إذا لم تكن أنت فاختر كلمة مرور جديدة الآن وأخبر المسؤول لديك.',
    },
    password_breached: {
      subject: ({ tenant }) => `أصبحت كلمة مرورك لدى ${tenant} معروفة`,
      paragraphs: ({ tenant }) => [
        `كلمة مرور حسابك لدى ${tenant} من بين كلمات نُشرت بعد تسريب لدى خدمة أخرى، ويمكن لأي شخص أن يجرّبها. اختر كلمة مرور جديدة الآن، وفي كل مكان آخر تستخدمها فيه.`,
        'لا أحد هنا يعرف كلمة مرورك: لم تُقارن سوى الأرقام الأولى من بصمتها.',
      ],
      button: 'اختيار كلمة مرور جديدة',
    },
    change_email: {
      subject: ({ tenant }) => `أكّد عنوانك الجديد لدى ${tenant}`,
      paragraphs: ({ tenant }) => [`طلبت استخدام هذا العنوان لحسابك لدى ${tenant} من الآن فصاعدًا.`],
      button: 'استخدام هذا العنوان',
      closing: notYou,
    },
    email_changed: {
      subject: ({ tenant }) => `تم تغيير عنوانك لدى ${tenant}`,
      paragraphs: ({ tenant }) => [
        `أصبح لحسابك لدى ${tenant} عنوان آخر، ولم يعد هذا العنوان مستخدمًا.`,
        'إذا لم تكن أنت فتراجع عن ذلك: يعود العنوان القديم ويُسجَّل خروج كل الأجهزة.',
      ],
      button: 'التراجع عن التغيير',
    },
    new_device: {
      subject: ({ tenant }) => `تسجيل دخول جديد إلى ${tenant}`,
      paragraphs: ({ params }) => [
        'استُخدم حسابك الآن على جهاز أو شبكة لم نرهما من قبل.',
        [params['device'], params['place'], params['time']].filter(Boolean).join(' · '),
      ],
      button: 'عرض جلساتك',
      closing: 'إذا لم تكن أنت فأنهِ تلك الجلسة واختر كلمة مرور جديدة.',
    },
    new_device_elsewhere: {
      subject: ({ tenant }) => `تسجيل دخول جديد إلى ${tenant}`,
      paragraphs: ({ params }) => [
        'استُخدم حسابك الآن على جهاز أو شبكة لم نرهما من قبل.',
        [params['device'], params['place'], params['time']].filter(Boolean).join(' · '),
      ],
      button: 'عرض جلساتك',
      closing: 'إذا لم تكن أنت فأنهِ تلك الجلسة وأخبر المسؤول لديك.',
    },
    account_locked_elsewhere: {
      subject: ({ tenant }) => `تم قفل حسابك لدى ${tenant}`,
      paragraphs: () => [
        'قفل أحد المسؤولين حسابك لحمايته وسجّل خروج كل أجهزتك. اسأله متى يمكنك استخدامه من جديد.',
      ],
    },
    account_locked: {
      subject: ({ tenant }) => `تم قفل حسابك لدى ${tenant}`,
      paragraphs: ({ params }) => [
        params['by'] === 'administrator'
          ? 'قفل أحد المسؤولين حسابك لحمايته وسجّل خروج كل أجهزتك. اختر كلمة مرور جديدة لاستعادته.'
          : 'جُرّبت كلمات مرور خاطئة كثيرة فأُوقفت كلمة المرور. اختر كلمة جديدة لاستعادة حسابك.',
      ],
      button: 'اختيار كلمة مرور جديدة',
    },
    account_unlocked: {
      subject: ({ tenant }) => `تم فتح قفل حسابك لدى ${tenant}`,
      paragraphs: () => ['فتح أحد المسؤولين قفل حسابك، ويمكنك تسجيل الدخول من جديد.'],
      button: 'تسجيل الدخول',
    },
    account_suspended: {
      subject: ({ tenant }) => `تم تعليق حسابك لدى ${tenant}`,
      paragraphs: () => ['علّق أحد المسؤولين حسابك. يُرجى سؤاله لمعرفة المزيد.'],
    },
    factor_added: {
      subject: ({ tenant }) => `أُضيف عامل تحقق ثانٍ إلى حسابك لدى ${tenant}`,
      paragraphs: () => ['سيُطلب منك من الآن فصاعدًا عند تسجيل الدخول.'],
      button: 'عرض عوامل التحقق',
      closing: 'إذا لم تكن أنت فأزله وأنهِ كل جلسة لا تعرفها وأخبر المسؤول لديك.',
    },
    factor_removed: {
      subject: ({ tenant }) => `أُزيل عامل تحقق ثانٍ من حسابك لدى ${tenant}`,
      paragraphs: ({ params }) => [
        params['by'] === 'administrator'
          ? 'أزال أحد المسؤولين عوامل التحقق الخاصة بك وسجّل خروج كل أجهزتك. أضف عاملًا جديدًا عند تسجيل الدخول من جديد.'
          : 'لن يُطلب منك بعد الآن عند تسجيل الدخول.',
      ],
      button: 'عرض عوامل التحقق',
      closing: 'إذا لم تطلب ذلك فأخبر المسؤول لديك فورًا.',
    },
    factor_disabled: {
      subject: ({ tenant }) => `أُوقف عامل تحقق ثانٍ في حسابك لدى ${tenant}`,
      paragraphs: () => [
        'كُتبت رموز خاطئة كثيرة فلم يعد يفتح شيئًا. من كتبها كان قد تجاوز الخطوة الأولى من تسجيل دخولك.',
        'سجّل الدخول برمز استرداد وأضف عامل التحقق من جديد، أو اسأل المسؤول لديك.',
      ],
      button: 'عرض حسابك',
    },
    recovery_code_used: {
      subject: ({ tenant }) => `استُخدم رمز استرداد لدى ${tenant}`,
      paragraphs: () => ['سجّل شخص ما الدخول إلى حسابك برمز استرداد بدلًا من عامل التحقق الثاني.'],
      button: 'عرض عوامل التحقق',
      closing: 'إذا لم تكن أنت فأنهِ كل جلسة لا تعرفها وأخبر المسؤول لديك.',
    },
    recovery_codes_renewed: {
      subject: ({ tenant }) => `لديك رموز استرداد جديدة لدى ${tenant}`,
      paragraphs: () => ['أُنشئت رموز استرداد جديدة لحسابك، ولم تعد القديمة صالحة.'],
      button: 'عرض عوامل التحقق',
      closing: 'إذا لم تكن أنت فأنهِ كل جلسة لا تعرفها وأخبر المسؤول لديك.',
    },
    account_reactivated: {
      subject: ({ tenant }) => `حسابك لدى ${tenant} نشط من جديد`,
      paragraphs: () => ['أعاد أحد المسؤولين تنشيط حسابك.'],
      button: 'تسجيل الدخول',
    },
  },
}
