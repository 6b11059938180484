resource "tencentcloud_cam_policy" "read" {
  name     = "read"
  document = jsonencode({
    version   = "2.0"
    statement = [{ effect = "allow", action = ["cos:GetObject", "cos:OptionsObject", "cos:HeadObject"], resource = ["*"] }]
  })
}

resource "tencentcloud_cam_policy" "new" {
  name     = "new"
  document = jsonencode({ version = "2.0", statement = [{ effect = "deny", action = "*", resource = "*" }] })
}

resource "terraform_data" "script" {
  input = <<-EOT
    #!/bin/sh
    set -e
    apt-get update
    apt-get install -y nginx curl
    systemctl enable nginx
    systemctl start nginx
    curl -f localhost
    echo done
  EOT
}

resource "terraform_data" "values" {
  input = yamlencode({ image = { tag = "1.1", pull = "Always" }, replicas = 2 })
}

resource "terraform_data" "spaces" {
  input = "a  b"
}
