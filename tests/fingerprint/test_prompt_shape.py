"""Shape bits and languages."""

from __future__ import annotations

import pytest

from fixtures.fingerprint_texts import prompt
from hydrometer.fingerprint import PromptShape


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("a plain sentence, with a comma - and a dash.", PromptShape(0)),
        ("Do this:\n1. wash\n2. dry", PromptShape.NUMBERED_LIST),
        ("1) wash\n2) dry", PromptShape.NUMBERED_LIST),
        ("the price is 3. Fine", PromptShape(0)),
        ("Buy:\n- milk\n- bread", PromptShape.BULLET_LIST),
        ("look:\n```\nx = 1\n```", PromptShape.CODE_FENCE),
        ('reply with {"a": 1}', PromptShape.JSON),
        ('{\n  "a": 1}', PromptShape.JSON),
        ("use <answer> tags </answer>", PromptShape.TAGS),
        ("1 < 2 and 3 > 2", PromptShape(0)),
        ("name | age\nAnna | 3", PromptShape.TABLE),
        ("why", PromptShape(0)),
        ("why?", PromptShape.QUESTION),
        ("see https://example.org for more", PromptShape.URL),
        ("let \\frac{1}{2} be x", PromptShape.LATEX),
        ("добрый день всем", PromptShape.FOREIGN),
        ("THIS IS ALL VERY LOUD INDEED", PromptShape.CAPITALS),
        ("word " * 401, PromptShape.LONG),
    ],
)
def test_shape(text: str, shape: PromptShape) -> None:
    assert PromptShape(prompt(text)["shape"]) == shape


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("What is the best way to learn how to cook rice?", "en"),
        ("¿Cuál es la mejor manera de aprender a cocinar el arroz?", "es"),
        ("Quelle est la meilleure façon de préparer le riz pour un repas ?", "fr"),
        ("Wie kann ich am besten lernen, Reis für die Familie zu kochen?", "de"),
        ("Qual é a melhor forma de cozinhar arroz para você e a família?", "pt"),
        ("Qual è il modo migliore per cucinare il riso con la famiglia?", "it"),
        ("Wat is de beste manier om rijst te koken voor het gezin?", "nl"),
        ("Pirinç nasıl daha iyi pişirilir ve bu ne kadar sürer?", "tr"),
        ("Tôi có thể nấu cơm như thế nào để được ngon?", "vi"),
        ("Bagaimana cara memasak nasi yang baik untuk keluarga saya?", "id"),
        ("Jak najlepiej ugotować ryż dla rodziny i czy to jest trudne?", "pl"),
        ("Как лучше всего сварить рис для семьи?", "ru"),
        ("Як найкраще зварити рис для родини, щоб він був смачний?", "uk"),
        ("怎样才能把米饭煮好？", "zh"),
        ("ご飯をおいしく炊くにはどうすればいいですか。", "ja"),
        ("밥을 맛있게 짓는 방법은 무엇인가요?", "ko"),
        ("ما هي أفضل طريقة لطهي الأرز؟", "ar"),
        ("चावल पकाने का सबसे अच्छा तरीका क्या है?", "hi"),
        ("Ποιος είναι ο καλύτερος τρόπος να μαγειρέψω ρύζι;", "el"),
        ("מהי הדרך הטובה ביותר לבשל אורז?", "he"),
        ("วิธีหุงข้าวที่ดีที่สุดคืออะไร", "th"),
        ("42 + 17", "und"),
        ("zxqv brtl mnop", "und"),
    ],
)
def test_language(text: str, language: str) -> None:
    assert prompt(text)["language"] == language
