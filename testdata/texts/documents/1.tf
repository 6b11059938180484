resource "tencentcloud_cam_policy" "read" {
  name     = "read"
  document = jsonencode({
    version   = "2.0"
    statement = [{ effect = "allow", action = ["cos:GetObject", "cos:HeadObject"], resource = ["*"] }]
  })
}

resource "tencentcloud_cam_policy" "same" {
  name     = "same"
  document = "{\"version\": \"2.0\", \"statement\": []}"
}

resource "terraform_data" "script" {
  input = <<-EOT
    #!/bin/sh
    set -e
    apt-get update
    apt-get install -y nginx
    systemctl enable nginx
    systemctl start nginx
    echo done
  EOT
}

resource "terraform_data" "values" {
  input = yamlencode({ image = { tag = "1.0", pull = "Always" }, replicas = 2 })
}

resource "terraform_data" "spaces" {
  input = "a b"
}
