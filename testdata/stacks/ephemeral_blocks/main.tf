ephemeral "random_password" "main" {
  length = 12
}

ephemeral "random_nothing" "x" {
}

ephemeral "nobody_has" "y" {
}

resource "terraform_data" "a" {
  nothing = ephemeral.random_password.main.result
}

resource "terraform_data" "b" {
  input = 1
  triggers_replace = ephemeral.random_password.other.result
}

ephemeral "random_password" "main" {
}
