resource "terraform_data" "was" {
  input = 1
}

resource "terraform_data" "changed_too" {
  input = 1
}

resource "terraform_data" "let_go" {
  input = 1
}

resource "terraform_data" "kept" {
  input = 1
}
