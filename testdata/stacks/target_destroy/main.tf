resource "terraform_data" "base" {
}

resource "terraform_data" "user" {
  count = 2
  input = terraform_data.base.output
}

# Its block will be gone.
resource "terraform_data" "dropped" {
  input = terraform_data.user[0].output
}

# Will not mention the other any more.
resource "terraform_data" "former" {
  input = terraform_data.base.output
}

# Will mention the other.
resource "terraform_data" "other" {
}

module "m" {
  source = "./m"
  count  = 2
}
